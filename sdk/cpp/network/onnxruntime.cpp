#include "onnxruntime.hpp"

#include <utility>

#ifdef _WIN32
#define NOMINMAX
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include "../error.hpp"

namespace myoshu::onnxruntime {
namespace {

constexpr std::size_t kMostWords = 400;
constexpr const char* kLargestConstant = "67108864";  // bytes that a folded constant may take

using Entry = const Base*(MYOSHU_ORT_CALL*)();

// The library's only function. The library is never closed: what it started (its own statics, threads of sessions) is
// ended by the program's end.
Entry open(const std::string& path) {
#ifdef _WIN32
    const int size = MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, nullptr, 0);
    std::vector<wchar_t> wide(static_cast<std::size_t>(size < 1 ? 1 : size));
    MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, wide.data(), size);
    const HMODULE library = LoadLibraryExW(wide.data(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (library == nullptr) {
        throw NetworkError(text("onnxruntime: expected a library at ", path, ", got Windows' error ", GetLastError()));
    }
    const auto entry = reinterpret_cast<Entry>(reinterpret_cast<void*>(GetProcAddress(library, "OrtGetApiBase")));
#else
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* why = dlerror();
        throw NetworkError(text("onnxruntime: expected a library at ", path, ", got: ", why == nullptr ? "no reason" : why));
    }
    const auto entry = reinterpret_cast<Entry>(dlsym(library, "OrtGetApiBase"));
#endif
    if (entry == nullptr) throw NetworkError(text("onnxruntime: expected ONNX Runtime at ", path, ", got another library"));
    return entry;
}

std::size_t bytes_of(Type type) { return type == Type::kInt64 ? sizeof(std::int64_t) : sizeof(float); }

// Frees what ONNX Runtime made, unless it is taken.
template <typename Object> class Held {
public:
    explicit Held(void(MYOSHU_ORT_CALL* release)(Object*)) : release_(release) {}
    ~Held() {
        if (object_ != nullptr) release_(object_);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    Object** place() { return &object_; }
    Object* get() const { return object_; }
    Object* take() { return std::exchange(object_, nullptr); }

private:
    void(MYOSHU_ORT_CALL* release_)(Object*);
    Object* object_ = nullptr;
};

Value* make_value(const Library& library, const Tensor& tensor, const std::vector<std::int64_t>& dims) {
    std::size_t bytes = bytes_of(tensor.type);
    for (const std::int64_t dim : dims) bytes *= static_cast<std::size_t>(dim);
    Value* value = nullptr;
    library.check<ArgumentError>(library.functions().CreateTensorWithDataAsOrtValue(
        library.memory(), tensor.data, bytes, dims.data(), dims.size(), static_cast<int>(tensor.type), &value
    ));
    return value;
}

}  // namespace

Library::Library(const std::string& path) {
    const Base* base = open(path)();
    version_ = base->GetVersionString();
    const void* table = base->GetApi(kInterface);
    if (table == nullptr) {
        throw NetworkError(text("onnxruntime: expected ONNX Runtime ", kOldest, " or newer at ", path, ", got ", version_));
    }
#define MYOSHU_ORT_FIND(name, place, result, ...) \
    functions_.name = reinterpret_cast<decltype(functions_.name)>(static_cast<void* const*>(table)[place]);
    MYOSHU_ORT_FUNCTIONS(MYOSHU_ORT_FIND)
#undef MYOSHU_ORT_FIND
    try {
        check<NetworkError>(functions_.CreateEnv(kFatal, "myoshu", &environment_));
        check<NetworkError>(functions_.CreateCpuMemoryInfo(kDeviceAllocator, kDefaultMemory, &memory_));
        check<NetworkError>(functions_.CreateRunOptions(&run_options_));
    } catch (...) {
        release();
        throw;
    }
}

Library::~Library() { release(); }

void Library::release() {
    if (run_options_ != nullptr) functions_.ReleaseRunOptions(run_options_);
    if (memory_ != nullptr) functions_.ReleaseMemoryInfo(memory_);
    if (environment_ != nullptr) functions_.ReleaseEnv(environment_);
}

std::vector<std::string> Library::providers() const {
    char** names = nullptr;
    int count = 0;
    check<NetworkError>(functions_.GetAvailableProviders(&names, &count));
    const std::vector<std::string> found(names, names + count);
    check<NetworkError>(functions_.ReleaseAvailableProviders(names, count));
    return found;
}

std::string Library::words(Status* status) const {
    std::string words = functions_.GetErrorMessage(status);
    functions_.ReleaseStatus(status);
    const std::size_t last = words.find_last_not_of(" \n\r\t");
    words.resize(last == std::string::npos ? 0 : last + 1);
    if (words.size() > kMostWords) words.resize(kMostWords);
    return words;
}

Session::Session(
    std::shared_ptr<const Library> library, const void* graph, std::size_t bytes, int threads, const std::vector<Tensor>& weights
)
    : library_(std::move(library)) {
    const Functions& call = library_->functions();
    const auto check = [&](Status* status) { library_->check<NetworkError>(status); };
    Held<SessionOptions> options(call.ReleaseSessionOptions);
    check(call.CreateSessionOptions(options.place()));
    check(call.SetIntraOpNumThreads(options.get(), threads));
    check(call.SetInterOpNumThreads(options.get(), 1));
    check(call.SetSessionLogSeverityLevel(options.get(), kFatal));
    check(call.SetDeterministicCompute(options.get(), true));
    check(call.AddSessionConfigEntry(options.get(), "session.intra_op.allow_spinning", "0"));
    check(call.AddSessionConfigEntry(options.get(), "optimization.constant_folding_max_output_size_in_bytes", kLargestConstant));
    std::vector<const char*> names;
    std::vector<const Value*> values;
    struct Values {
        const Functions& call;
        std::vector<Value*> all;
        ~Values() {
            for (Value* value : all) call.ReleaseValue(value);
        }
    } held{call, {}};
    for (const Tensor& weight : weights) {
        held.all.push_back(make_value(*library_, weight, weight.dims));
        names.push_back(weight.name.c_str());
        values.push_back(held.all.back());
    }
    if (!weights.empty()) check(call.AddExternalInitializers(options.get(), names.data(), values.data(), names.size()));
    check(call.CreateSessionFromArray(library_->environment(), graph, bytes, options.get(), &handle_));
    try {
        inputs_ = ports(true);
        outputs_ = ports(false);
    } catch (...) {
        call.ReleaseSession(handle_);
        throw;
    }
}

Session::~Session() { library_->functions().ReleaseSession(handle_); }

std::vector<Port> Session::ports(bool inputs) const {
    const Functions& call = library_->functions();
    const auto check = [&](Status* status) { library_->check<NetworkError>(status); };
    Allocator* allocator = nullptr;
    check(call.GetAllocatorWithDefaultOptions(&allocator));
    std::size_t count = 0;
    check((inputs ? call.SessionGetInputCount : call.SessionGetOutputCount)(handle_, &count));
    std::vector<Port> found(count);
    for (std::size_t i = 0; i < count; ++i) {
        char* name = nullptr;
        check((inputs ? call.SessionGetInputName : call.SessionGetOutputName)(handle_, i, allocator, &name));
        found[i].name = name;
        check(call.AllocatorFree(allocator, name));
        Held<TypeInfo> type(call.ReleaseTypeInfo);
        check((inputs ? call.SessionGetInputTypeInfo : call.SessionGetOutputTypeInfo)(handle_, i, type.place()));
        const TensorInfo* tensor = nullptr;
        check(call.CastTypeInfoToTensorInfo(type.get(), &tensor));
        found[i].type = 0;
        if (tensor == nullptr) continue;  // a sequence, a map or the like
        std::size_t rank = 0;
        check(call.GetTensorElementType(tensor, &found[i].type));
        check(call.GetDimensionsCount(tensor, &rank));
        found[i].dims.resize(rank);
        check(call.GetDimensions(tensor, found[i].dims.data(), rank));
    }
    return found;
}

Bound::Bound(std::shared_ptr<const Session> session, std::vector<Tensor> inputs, std::vector<Tensor> outputs, std::int32_t rows)
    : session_(std::move(session)), inputs_(std::move(inputs)), outputs_(std::move(outputs)),
      by_rows_(static_cast<std::size_t>(rows) + 1, nullptr) {}

Bound::~Bound() {
    for (Bindings* each : by_rows_) {
        if (each != nullptr) session_->library().functions().ReleaseIoBinding(each);
    }
}

Bindings* Bound::tie(std::int32_t rows) const {
    const Library& library = session_->library();
    const Functions& call = library.functions();
    Held<Bindings> bindings(call.ReleaseIoBinding);
    library.check<EvaluationError>(call.CreateIoBinding(session_->handle(), bindings.place()));
    const auto bind = [&](auto function, const std::vector<Tensor>& tensors) {
        for (const Tensor& tensor : tensors) {
            std::vector<std::int64_t> dims = tensor.dims;
            dims[0] = rows;
            Held<Value> value(call.ReleaseValue);
            *value.place() = make_value(library, tensor, dims);
            library.check<EvaluationError>(function(bindings.get(), tensor.name.c_str(), value.get()));
        }
    };
    bind(call.BindInput, inputs_);
    bind(call.BindOutput, outputs_);
    return bindings.take();
}

void Bound::run(std::int32_t rows) {
    if (rows < 1 || rows >= static_cast<std::int32_t>(by_rows_.size())) {
        throw ArgumentError(text("rows: expected an integer from 1 to ", by_rows_.size() - 1, ", got ", rows));
    }
    Bindings*& bindings = by_rows_[static_cast<std::size_t>(rows)];
    if (bindings == nullptr) bindings = tie(rows);
    const Library& library = session_->library();
    Status* status = library.functions().RunWithBinding(session_->handle(), library.run_options(), bindings);
    if (status != nullptr) throw EvaluationError("the network could not be run: " + library.words(status));
}

}  // namespace myoshu::onnxruntime
