// ONNX Runtime's C interface as Python sees it: a library, sessions of it, and graphs tied to arrays.
#include "network/onnxruntime.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "error.hpp"

namespace nb = nanobind;
namespace ort = myoshu::onnxruntime;
using namespace nb::literals;

namespace {

using AnyArray = nb::ndarray<nb::c_contig, nb::device::cpu>;
using ReadArray = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;
using Ports = std::vector<std::tuple<std::string, int, std::vector<std::int64_t>>>;

// An array as ONNX Runtime takes it: it only reads weights and inputs, whatever its interface says.
template <typename Array> ort::Tensor tensor(const std::string& name, nb::handle object) {
    Array array;
    if (!nb::try_cast(object, array, false) || (array.dtype() != nb::dtype<float>() && array.dtype() != nb::dtype<std::int64_t>())) {
        throw myoshu::ArgumentError(name + ": expected a float32 or int64 array in C order, got another");
    }
    ort::Tensor found{name, array.dtype() == nb::dtype<float>() ? ort::Type::kFloat32 : ort::Type::kInt64, {}, const_cast<void*>(static_cast<const void*>(array.data()))};
    for (std::size_t i = 0; i < array.ndim(); ++i) found.dims.push_back(static_cast<std::int64_t>(array.shape(i)));
    return found;
}

// Holds the arrays as well: ONNX Runtime knows their addresses only.
class PythonBound : public ort::Bound {
public:
    PythonBound(
        std::shared_ptr<const ort::Session> session, std::vector<ort::Tensor> inputs, std::vector<ort::Tensor> outputs,
        std::int32_t rows, std::vector<nb::object> held
    )
        : ort::Bound(std::move(session), std::move(inputs), std::move(outputs), rows), held_(std::move(held)) {}

private:
    std::vector<nb::object> held_;
};

myoshu::Evaluator* bind(const std::shared_ptr<ort::Session>& session, const nb::dict& arrays) {
    std::vector<nb::object> held;
    std::int64_t rows = -1;
    const auto tie = [&](const std::vector<ort::Port>& ports, const auto& as_tensor) {
        std::vector<ort::Tensor> tensors;
        for (const ort::Port& port : ports) {
            if (!arrays.contains(port.name.c_str())) throw myoshu::ArgumentError(port.name + ": expected an array, got none");
            held.push_back(arrays[port.name.c_str()]);
            tensors.push_back(as_tensor(port.name, held.back()));
            const std::vector<std::int64_t>& dims = tensors.back().dims;
            if (dims.empty() || (rows >= 0 && dims[0] != rows)) {
                throw myoshu::ArgumentError(port.name + ": expected as many rows as the other arrays have, got others");
            }
            rows = dims[0];
        }
        return tensors;
    };
    std::vector<ort::Tensor> inputs = tie(session->inputs(), tensor<ReadArray>);
    std::vector<ort::Tensor> outputs = tie(session->outputs(), tensor<AnyArray>);
    return new PythonBound(session, std::move(inputs), std::move(outputs), static_cast<std::int32_t>(rows), std::move(held));
}

Ports listed(const std::vector<ort::Port>& ports) {
    Ports all;
    for (const ort::Port& port : ports) all.emplace_back(port.name, port.type, port.dims);
    return all;
}

}  // namespace

void add_onnxruntime(nb::module_& module) {
    nb::class_<ort::Library>(module, "OnnxLibrary")
        .def(nb::init<const std::string&>(), "path"_a)
        .def_prop_ro("version", &ort::Library::version)
        .def_prop_ro("providers", &ort::Library::providers);
    nb::class_<ort::Session>(module, "OnnxSession", nb::is_weak_referenceable())
        .def(
            "__init__",
            [](ort::Session* self, std::shared_ptr<ort::Library> library, nb::bytes graph, int threads, const nb::dict& weights) {
                std::vector<ort::Tensor> tensors;
                for (const auto& [name, array] : weights) tensors.push_back(tensor<ReadArray>(nb::cast<std::string>(name), array));
                const nb::gil_scoped_release released;
                new (self) ort::Session(std::move(library), graph.data(), graph.size(), threads, tensors);
            },
            "library"_a, "graph"_a, "threads"_a, "weights"_a
        )
        .def_prop_ro("inputs", [](const ort::Session& self) { return listed(self.inputs()); })
        .def_prop_ro("outputs", [](const ort::Session& self) { return listed(self.outputs()); })
        .def("bind", &bind, "arrays"_a);
}
