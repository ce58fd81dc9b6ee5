// What is called of ONNX Runtime's C interface, declared here: the interface is a table of functions that newer versions
// only append to, so that a function's place in it is part of its name for good.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef _WIN32
#define MYOSHU_ORT_CALL __stdcall
#else
#define MYOSHU_ORT_CALL
#endif

namespace myoshu::onnxruntime {

// The first version of the interface that has all of the functions below: ONNX Runtime 1.17.
inline constexpr std::uint32_t kInterface = 17;
inline constexpr const char* kOldest = "1.17";

struct Status;
struct Environment;
struct SessionHandle;
struct SessionOptions;
struct RunOptions;
struct Value;
struct MemoryInfo;
struct TypeInfo;
struct TensorInfo;
struct Allocator;
struct Bindings;

// Values of the interface's enumerations.
enum : int { kFatal = 4, kDeviceAllocator = 0, kDefaultMemory = 0, kFloat32 = 1, kInt64 = 7 };

// name, place, what it returns, what it takes
#define MYOSHU_ORT_FUNCTIONS(X) \
    X(GetErrorMessage, 2, const char*, const Status*) \
    X(CreateEnv, 3, Status*, int severity, const char* name, Environment**) \
    X(CreateSessionFromArray, 8, Status*, const Environment*, const void* model, std::size_t bytes, const SessionOptions*, SessionHandle**) \
    X(CreateSessionOptions, 10, Status*, SessionOptions**) \
    X(SetSessionLogSeverityLevel, 22, Status*, SessionOptions*, int) \
    X(SetIntraOpNumThreads, 24, Status*, SessionOptions*, int) \
    X(SetInterOpNumThreads, 25, Status*, SessionOptions*, int) \
    X(SessionGetInputCount, 30, Status*, const SessionHandle*, std::size_t*) \
    X(SessionGetOutputCount, 31, Status*, const SessionHandle*, std::size_t*) \
    X(SessionGetInputTypeInfo, 33, Status*, const SessionHandle*, std::size_t, TypeInfo**) \
    X(SessionGetOutputTypeInfo, 34, Status*, const SessionHandle*, std::size_t, TypeInfo**) \
    X(SessionGetInputName, 36, Status*, const SessionHandle*, std::size_t, Allocator*, char**) \
    X(SessionGetOutputName, 37, Status*, const SessionHandle*, std::size_t, Allocator*, char**) \
    X(CreateRunOptions, 39, Status*, RunOptions**) \
    X(CreateTensorWithDataAsOrtValue, 49, Status*, const MemoryInfo*, void* data, std::size_t bytes, const std::int64_t* dims, std::size_t rank, int type, Value**) \
    X(CastTypeInfoToTensorInfo, 55, Status*, const TypeInfo*, const TensorInfo**) \
    X(GetTensorElementType, 60, Status*, const TensorInfo*, int*) \
    X(GetDimensionsCount, 61, Status*, const TensorInfo*, std::size_t*) \
    X(GetDimensions, 62, Status*, const TensorInfo*, std::int64_t*, std::size_t) \
    X(CreateCpuMemoryInfo, 69, Status*, int allocator, int memory, MemoryInfo**) \
    X(AllocatorFree, 76, Status*, Allocator*, void*) \
    X(GetAllocatorWithDefaultOptions, 78, Status*, Allocator**) \
    X(ReleaseEnv, 92, void, Environment*) \
    X(ReleaseStatus, 93, void, Status*) \
    X(ReleaseMemoryInfo, 94, void, MemoryInfo*) \
    X(ReleaseSession, 95, void, SessionHandle*) \
    X(ReleaseValue, 96, void, Value*) \
    X(ReleaseRunOptions, 97, void, RunOptions*) \
    X(ReleaseTypeInfo, 98, void, TypeInfo*) \
    X(ReleaseSessionOptions, 100, void, SessionOptions*) \
    X(GetAvailableProviders, 125, Status*, char*** names, int* count) \
    X(ReleaseAvailableProviders, 126, Status*, char** names, int count) \
    X(AddSessionConfigEntry, 130, Status*, SessionOptions*, const char* key, const char* value) \
    X(RunWithBinding, 133, Status*, SessionHandle*, const RunOptions*, const Bindings*) \
    X(CreateIoBinding, 134, Status*, SessionHandle*, Bindings**) \
    X(ReleaseIoBinding, 135, void, Bindings*) \
    X(BindInput, 136, Status*, Bindings*, const char* name, const Value*) \
    X(BindOutput, 137, Status*, Bindings*, const char* name, const Value*) \
    X(AddExternalInitializers, 210, Status*, SessionOptions*, const char* const* names, const Value* const* values, std::size_t count) \
    X(SetDeterministicCompute, 273, Status*, SessionOptions*, bool)

// The functions, found in the library's table.
struct Functions {
#define MYOSHU_ORT_MEMBER(name, place, result, ...) result(MYOSHU_ORT_CALL* name)(__VA_ARGS__) = nullptr;
    MYOSHU_ORT_FUNCTIONS(MYOSHU_ORT_MEMBER)
#undef MYOSHU_ORT_MEMBER
};

// What the library's only exported function returns.
struct Base {
    const void*(MYOSHU_ORT_CALL* GetApi)(std::uint32_t version);
    const char*(MYOSHU_ORT_CALL* GetVersionString)();
};

}  // namespace myoshu::onnxruntime
