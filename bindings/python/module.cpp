// The core as a Python extension. Arrays come checked for type and contiguity by nanobind, for shape by the Python face
// (myoshu.search.forest); everything about their contents is checked by the core.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "search/elementary.hpp"
#include "error.hpp"
#include "search/forest.hpp"
#include "network/evaluator.hpp"
#include "network/metered.hpp"
#include "network/program.hpp"
#include "random.hpp"
#include "runtime/loop.hpp"
#include "search/wave.hpp"

namespace nb = nanobind;
using namespace nb::literals;

void add_onnxruntime(nb::module_& module);

namespace {

template <typename T> using Array = nb::ndarray<T, nb::c_contig, nb::device::cpu>;
template <typename T> using Maybe = std::optional<Array<T>>;

template <typename T> T* pointer(const Maybe<T>& array) { return array ? array->data() : nullptr; }

template <typename T> T* row(const Maybe<T>& array, std::size_t index, std::size_t width) {
    return array ? array->data() + index * width : nullptr;
}

// A setting as SearchConfig has it: enumerations are their values, as text.
template <typename T> T setting(nb::handle value) { return nb::cast<T>(value); }

template <> myoshu::Interval setting<myoshu::Interval>(nb::handle value) {
    const auto [low, high] = nb::cast<std::pair<double, double>>(value);
    return {low, high};
}

template <typename Choice> Choice choice(nb::handle value, std::initializer_list<const char*> names) {
    const nb::str text(value);
    int index = 0;
    for (const char* name : names) {
        if (std::strcmp(text.c_str(), name) == 0) return static_cast<Choice>(index);
        ++index;
    }
    throw myoshu::ArgumentError(myoshu::text("settings: expected a setting that the core knows, got ", text.c_str()));
}

template <> myoshu::Algorithm setting<myoshu::Algorithm>(nb::handle value) {
    return choice<myoshu::Algorithm>(value, {"puct", "gumbel"});
}

template <> myoshu::Normalization setting<myoshu::Normalization>(nb::handle value) {
    return choice<myoshu::Normalization>(value, {"tree", "node", "range", "none"});
}

myoshu::Config configuration(const nb::object& settings) {
    myoshu::Config config;
#define MYOSHU_READ(type, name, initial) config.name = setting<decltype(config.name)>(settings.attr(#name));
    MYOSHU_SETTINGS(MYOSHU_READ)
#undef MYOSHU_READ
    return config;
}

// What the caller wants of n searches: simulations, planned [n]; legal, noise, gumbel [n, k]. k is the roots' size.
class PythonOptions {
public:
    PythonOptions(
        const Array<const std::int32_t>& simulations, const Array<const std::int32_t>& planned, const Maybe<const bool>& legal,
        const Maybe<const float>& noise, const Maybe<const float>& gumbel
    )
        : simulations_(simulations), planned_(planned), legal_(legal), noise_(noise), gumbel_(gumbel) {}

    myoshu::RootOptions of(std::size_t i, std::size_t width) const {
        return {simulations_.data()[i], planned_.data()[i], row(legal_, i, width), row(noise_, i, width), row(gumbel_, i, width)};
    }

private:
    Array<const std::int32_t> simulations_;
    Array<const std::int32_t> planned_;
    Maybe<const bool> legal_;
    Maybe<const float> noise_;
    Maybe<const float> gumbel_;
};

// A graph of a network, as the project's own kernels compute it.
class PythonNetwork : public myoshu::Evaluator {
public:
    PythonNetwork(nb::bytes graph, const nb::dict& weights, const char* kernels) : kernels_(myoshu::network::find_kernels(kernels)) {
        if (kernels_ == nullptr) {
            throw myoshu::ArgumentError(myoshu::text("kernels: expected some that this processor runs, got ", kernels));
        }
        const auto given = [&](const std::string& name, const std::vector<std::int64_t>& dims) -> const float* {
            if (!weights.contains(name.c_str())) return nullptr;
            Array<const float> array;
            bool fits = nb::try_cast(weights[name.c_str()], array, false) && array.ndim() == dims.size();
            for (std::size_t i = 0; fits && i < dims.size(); ++i) fits = static_cast<std::int64_t>(array.shape(i)) == dims[i];
            if (!fits) throw myoshu::NetworkError("weights." + name + ": expected float32 of the shape that the graph says, got another");
            return array.data();
        };
        const myoshu::onnx::Graph read = myoshu::onnx::read(static_cast<const std::uint8_t*>(graph.data()), graph.size());
        program_ = std::make_unique<myoshu::network::Program>(read, given);
    }

    PythonNetwork(const PythonNetwork& other) : kernels_(other.kernels_), program_(other.program_->share()) {}

    // One array an input, one an output, by name, [rows, ...] each: the graph is tied to them.
    void bind(const nb::dict& arrays) {
        inputs_.clear();
        outputs_.clear();
        held_.clear();
        rows_ = -1;
        const auto tie = [&](const std::vector<myoshu::network::Port>& ports, auto& pointers) {
            for (const myoshu::network::Port& port : ports) {
                if (!arrays.contains(port.name.c_str())) throw myoshu::ArgumentError(port.name + ": expected an array, got none");
                nb::ndarray<nb::c_contig, nb::device::cpu> array;
                const nb::dlpack::dtype wanted =
                    port.type == myoshu::onnx::Type::kInt64 ? nb::dtype<std::int64_t>() : nb::dtype<float>();
                bool fits = nb::try_cast(arrays[port.name.c_str()], array, false) && array.ndim() == port.dims.size() + 1 &&
                    array.dtype() == wanted;
                for (std::size_t i = 0; fits && i < port.dims.size(); ++i) fits = static_cast<std::int64_t>(array.shape(i + 1)) == port.dims[i];
                if (!fits || (rows_ >= 0 && static_cast<std::int64_t>(array.shape(0)) != rows_)) {
                    throw myoshu::ArgumentError(port.name + ": expected an array of the port's type and shape, got another");
                }
                rows_ = static_cast<std::int64_t>(array.shape(0));
                pointers.push_back(array.data());
                held_.push_back(array);
            }
        };
        tie(program_->inputs(), inputs_);
        tie(program_->outputs(), outputs_);
    }

    void run(std::int32_t rows) override {
        if (rows < 0 || rows > rows_) throw myoshu::ArgumentError(myoshu::text("rows: expected an integer from 0 to ", rows_, ", got ", rows));
        program_->run(*kernels_, rows, inputs_.data(), outputs_.data());
    }

    const char* kernels() const { return kernels_->name; }
    std::size_t nbytes() const { return program_->nbytes(); }
    std::int64_t multiplications() const { return program_->multiplications(); }

private:
    const myoshu::network::Kernels* kernels_;
    std::unique_ptr<myoshu::network::Program> program_;
    std::vector<const void*> inputs_;
    std::vector<void*> outputs_;
    std::vector<nb::ndarray<nb::c_contig, nb::device::cpu>> held_;
    std::int64_t rows_ = -1;
};

// A forest, and the leaves of its last select.
class PythonForest {
public:
    PythonForest(
        const nb::object& config, std::int32_t slots, std::int32_t actions, std::int32_t players, std::int32_t nodes, std::int32_t edges
    )
        : forest(configuration(config), slots, actions, players, nodes, edges) {}

    // slots [n]; priors [n, k]; values [n, players]; to_play [n]; ids [k]
    void open(
        const Array<const std::int32_t>& slots, const Array<const float>& priors, const Array<const float>& values,
        const Array<const std::int32_t>& to_play, const PythonOptions& options, const Maybe<const std::int32_t>& ids
    ) {
        const std::size_t width = priors.shape(1);
        const auto root = [&](std::size_t i) {
            return myoshu::Root{
                priors.data() + i * width, static_cast<std::int32_t>(width), pointer(ids),
                values.data() + i * static_cast<std::size_t>(forest.players()), to_play.data()[i], options.of(i, width)
            };
        };
        for (std::size_t i = 0; i < slots.shape(0); ++i) forest.check(slots.data()[i], root(i));
        for (std::size_t i = 0; i < slots.shape(0); ++i) forest.open(slots.data()[i], root(i));
    }

    // slots [n]; what is asked for goes into requested, rows and actions [n × leaves]; returns how many
    std::size_t select(
        const Array<const std::int32_t>& slots, const Array<std::int32_t>& requested, const Array<std::int64_t>& rows,
        const Array<std::int32_t>& actions
    ) {
        if (!requests.empty()) {
            throw myoshu::ArgumentError(myoshu::text(
                "select: expected the last wave to have been expanded, got ", requests.size(), " leaves that await evaluation"
            ));
        }
        forest.select(slots.data(), slots.shape(0), requests);
        for (std::size_t i = 0; i < requests.size(); ++i) {
            requested.data()[i] = requests[i].slot;
            rows.data()[i] = static_cast<std::int64_t>(requests[i].slot) * forest.nodes() + requests[i].parent;
            actions.data()[i] = requests[i].action;
        }
        return requests.size();
    }

    // rewards, values [n, players]; priors [n, actions], or [Σ counts] with ids; the rest [n], legal [n, actions]
    void expand(
        const Array<const float>& rewards, const Array<const float>& values, const Array<const float>& priors,
        const Maybe<const std::int32_t>& to_play, const Maybe<const bool>& legal, const Maybe<const float>& discounts,
        const Maybe<const bool>& terminal, const Maybe<const std::int32_t>& ids, const Maybe<const std::int32_t>& counts
    ) {
        const std::size_t players = static_cast<std::size_t>(forest.players());
        std::vector<myoshu::Evaluation> evaluations;
        evaluations.reserve(requests.size());
        std::size_t offset = 0;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const std::int32_t count = counts ? counts->data()[i] : forest.actions();
            const myoshu::ActionSet set{
                priors.data() + offset, count, ids ? ids->data() + offset : nullptr, counts ? nullptr : row(legal, i, static_cast<std::size_t>(count))
            };
            offset += static_cast<std::size_t>(count);
            std::int32_t next = 0;
            if (to_play) {
                next = to_play->data()[i];
            } else if (forest.is_awaited(requests[i])) {
                const std::int32_t mover = forest.mover(requests[i]);
                if (mover == myoshu::kChance) {
                    throw myoshu::ArgumentError(myoshu::text("to_play: expected to be given, since leaf ", i, " follows a chance node"));
                }
                next = (mover + 1) % forest.players();
            }
            evaluations.push_back(
                {set, rewards.data() + i * players, values.data() + i * players, next,
                 discounts ? static_cast<double>(discounts->data()[i]) : forest.config().discount, terminal && terminal->data()[i]}
            );
        }
        std::vector<std::int64_t> more(static_cast<std::size_t>(forest.slots()));
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (!forest.is_awaited(requests[i])) continue;
            forest.check(requests[i], evaluations[i], i);
            if (!evaluations[i].terminal) more[requests[i].slot] += evaluations[i].set.count;
        }
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (forest.is_awaited(requests[i])) forest.check_edges(requests[i].slot, more[requests[i].slot]);
        }
        for (std::size_t i = 0; i < requests.size(); ++i) forest.expand(requests[i], evaluations[i]);
        requests.clear();
    }

    void cancel() {
        forest.withdraw(requests.data(), requests.size());
        requests.clear();
    }

    // slots [n]; visits, q, policy [n, k]; value [n, players]; action [n]; simulations [n]. All roots have sets of their
    // own, of size k, if sparse; none has otherwise.
    void result(
        const Array<const std::int32_t>& slots, bool sparse, const Array<std::int32_t>& visits, const Array<float>& q,
        const Array<float>& policy, const Array<float>& value, const Array<std::int64_t>& action,
        const Array<std::int32_t>& simulations
    ) const {
        const std::size_t width = visits.shape(1);
        for (std::size_t i = 0; i < slots.shape(0); ++i) {
            forest.require_root_set(slots.data()[i], static_cast<std::int32_t>(width), sparse);
            myoshu::Findings findings{
                visits.data() + i * width, q.data() + i * width, policy.data() + i * width,
                value.data() + i * static_cast<std::size_t>(forest.players()), 0, 0
            };
            forest.result(slots.data()[i], findings);
            action.data()[i] = findings.action;
            simulations.data()[i] = findings.simulations;
        }
    }

    std::vector<std::int32_t> principal_variation(std::int32_t slot, std::optional<std::int32_t> first) const {
        std::vector<std::int32_t> actions;
        forest.principal_variation(slot, first.value_or(myoshu::kNone), actions);
        return actions;
    }

    std::vector<std::int32_t> reroot(std::int32_t slot, std::int32_t action, const PythonOptions& options) {
        return forest.reroot(slot, action, options.of(0, 0));
    }

    myoshu::Forest forest;
    std::vector<myoshu::Request> requests;
};

// A wave, and the arrays it writes to and reads from.
class PythonWave {
public:
    PythonWave(
        PythonForest& forest, const Array<float>& pool, const Array<float>& latent_in, const Array<std::int64_t>& action_in,
        const Array<const float>& latent_out, const Array<const float>& prior, const Array<const float>& value,
        const Maybe<const float>& reward, const Maybe<const std::int64_t>& mover
    )
        : pool_(pool), latent_in_(latent_in), action_in_(action_in), latent_out_(latent_out), prior_(prior), value_(value),
          reward_(reward), mover_(mover),
          wave(
              forest.forest,
              myoshu::Arrays{
                  pool.data(), latent_in.data(), action_in.data(), latent_out.data(), prior.data(), value.data(), pointer(reward),
                  pointer(mover), pool.shape(1), static_cast<std::int32_t>(latent_in.shape(0)),
                  static_cast<std::int32_t>(value.shape(1)), reward ? static_cast<std::int32_t>(reward->shape(1)) : 0
              }
          ) {}

    // slots, to_play [n]; latent [n, l]; prior [n, k]; value [n, v]
    void open(
        const Array<const std::int32_t>& slots, const Array<const float>& latent, const Array<const float>& prior,
        const Array<const float>& value, const Array<const std::int32_t>& to_play, const PythonOptions& options
    ) {
        std::vector<myoshu::RootOptions> wanted;
        wanted.reserve(slots.shape(0));
        for (std::size_t i = 0; i < slots.shape(0); ++i) wanted.push_back(options.of(i, prior.shape(1)));
        wave.open(
            {slots.data(), slots.shape(0), latent.data(), prior.data(), value.data(), static_cast<std::int32_t>(value.shape(1)),
             to_play.data(), wanted.data()}
        );
    }

    void begin(const Array<const std::int32_t>& slots, std::int32_t rows) { wave.begin(slots.data(), slots.shape(0), rows); }
    std::int32_t step() { return wave.step(); }

    // Without the interpreter: nothing that it holds is touched, and the arrays are this wave's and the network's own.
    bool search(myoshu::Evaluator& network, std::optional<double> seconds) {
        const nb::gil_scoped_release released;
        if (!seconds) return myoshu::search(wave, network, nullptr);
        const myoshu::Clock::time_point deadline =
            myoshu::Clock::now() + std::chrono::duration_cast<myoshu::Clock::duration>(std::chrono::duration<double>(*seconds));
        return myoshu::search(wave, network, &deadline);
    }

    void cancel() { wave.cancel(); }
    std::int32_t pending() const { return wave.pending(); }
    bool done() const { return wave.done(); }
    std::vector<std::int32_t> failed() const { return wave.failed(); }

    std::vector<std::int32_t> reroot(std::int32_t slot, std::int32_t action, const PythonOptions& options) {
        return wave.reroot(slot, action, options.of(0, 0));
    }

private:
    Array<float> pool_;
    Array<float> latent_in_;
    Array<std::int64_t> action_in_;
    Array<const float> latent_out_;
    Array<const float> prior_;
    Array<const float> value_;
    Maybe<const float> reward_;
    Maybe<const std::int64_t> mover_;
    myoshu::Wave wave;
};

void raise(const char* name, const std::exception& error) {
    const nb::object message = nb::steal(PyUnicode_DecodeUTF8(error.what(), static_cast<Py_ssize_t>(std::strlen(error.what())), "replace"));
    PyErr_SetObject(nb::module_::import_("myoshu.errors").attr(name).ptr(), message.ptr());
}

void translate(const std::exception_ptr& pointer, void*) {
    try {
        std::rethrow_exception(pointer);
    } catch (const myoshu::ArgumentError& error) {
        raise("ArgumentError", error);
    } catch (const myoshu::LegalActionsError& error) {
        raise("LegalActionsError", error);
    } catch (const myoshu::CapacityError& error) {
        raise("CapacityError", error);
    } catch (const myoshu::EvaluationError& error) {
        raise("EvaluationError", error);
    } catch (const myoshu::NetworkError& error) {
        raise("ProviderError", error);
    }
}

}  // namespace

NB_MODULE(_core, module) {
#ifdef NDEBUG
    nb::set_leak_warnings(false);  // a program may end while its daemon threads still hold trees
#endif
    nb::register_exception_translator(translate);
    module.def("exp", &myoshu::exp, "x"_a);
    module.def("log", &myoshu::log, "x"_a);
    module.def(
        "all_finite",
        [](const Array<const float>& array) {
            std::uint32_t wrong = 0;
            for (std::size_t i = 0; i < array.size(); ++i) {
                std::uint32_t bits;
                std::memcpy(&bits, array.data() + i, sizeof bits);
                wrong |= (bits & 0x7fffffffu) + 0x00800000u;  // the highest bit is set where all of the exponent's are
            }
            return (wrong & 0x80000000u) == 0;
        },
        "array"_a
    );
    add_random(module);

    const auto none = nb::none();
    nb::class_<myoshu::Evaluator>(module, "Evaluator")
        .def(
            "run",
            [](myoshu::Evaluator& self, std::int32_t rows, std::int32_t times) {
                for (; times > 0; --times) self.run(rows);
            },
            "rows"_a, "times"_a = 1, nb::call_guard<nb::gil_scoped_release>()
        );
    nb::class_<myoshu::Meter>(module, "Meter")
        .def(nb::init<>())
        .def("add", [](myoshu::Meter& self, double seconds) { self.add(std::chrono::nanoseconds(std::llround(1e9 * seconds))); }, "seconds"_a)
        .def_prop_ro("seconds", &myoshu::Meter::seconds)
        .def_prop_ro("runs", &myoshu::Meter::runs);
    nb::class_<myoshu::Metered, myoshu::Evaluator>(module, "Metered")
        .def(nb::init<myoshu::Evaluator&, myoshu::Meter&>(), nb::keep_alive<1, 2>(), nb::keep_alive<1, 3>(), "evaluator"_a, "meter"_a);
    add_onnxruntime(module);
    nb::class_<PythonNetwork, myoshu::Evaluator>(module, "Network")
        .def(nb::init<nb::bytes, const nb::dict&, const char*>(), "graph"_a, "weights"_a, "kernels"_a)
        .def("share", [](const PythonNetwork& self) { return new PythonNetwork(self); })
        .def("bind", &PythonNetwork::bind, "arrays"_a)
        .def_prop_ro("kernels", &PythonNetwork::kernels)
        .def_prop_ro("nbytes", &PythonNetwork::nbytes)
        .def_prop_ro("multiplications", &PythonNetwork::multiplications);
    module.def("kernel_names", []() {
        std::vector<std::string> names;
        for (const char* const* name = myoshu::network::kernel_names(); *name != nullptr; ++name) names.push_back(*name);
        return names;
    });
    nb::class_<PythonOptions>(module, "RootOptions")
        .def(
            nb::init<
                const Array<const std::int32_t>&, const Array<const std::int32_t>&, const Maybe<const bool>&,
                const Maybe<const float>&, const Maybe<const float>&>(),
            "simulations"_a, "planned"_a, "legal"_a = none, "noise"_a = none, "gumbel"_a = none
        );

    nb::class_<PythonForest>(module, "Forest")
        .def(
            nb::init<const nb::object&, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t>(), "config"_a,
            "slots"_a, "actions"_a, "players"_a, "nodes"_a, "edges"_a
        )
        .def_prop_ro("nbytes", [](const PythonForest& self) { return self.forest.nbytes(); })
        .def(
            "open", &PythonForest::open, "slots"_a, "priors"_a, "values"_a, "to_play"_a, "options"_a, "ids"_a = none
        )
        .def("close", [](PythonForest& self, std::int32_t slot) { self.forest.close(slot); }, "slot"_a)
        .def("is_open", [](const PythonForest& self, std::int32_t slot) { return self.forest.is_open(slot); }, "slot"_a)
        .def("remaining", [](const PythonForest& self, std::int32_t slot) { return self.forest.remaining(slot); }, "slot"_a)
        .def("select", &PythonForest::select, "slots"_a, "requested"_a, "rows"_a, "actions"_a)
        .def(
            "expand", &PythonForest::expand, "rewards"_a, "values"_a, "priors"_a, "to_play"_a = none, "legal"_a = none,
            "discounts"_a = none, "terminal"_a = none, "ids"_a = none, "counts"_a = none
        )
        .def_prop_ro("pending", [](const PythonForest& self) { return self.requests.size(); })
        .def("cancel", &PythonForest::cancel)
        .def("root_set", [](const PythonForest& self, std::int32_t slot) { return self.forest.root_set(slot); }, "slot"_a)
        .def(
            "child_set",
            [](const PythonForest& self, std::int32_t slot, std::int32_t action) { return self.forest.child_set(slot, action); },
            "slot"_a, "action"_a
        )
        .def(
            "result", &PythonForest::result, "slots"_a, "sparse"_a, "visits"_a, "q"_a, "policy"_a, "value"_a, "action"_a, "simulations"_a
        )
        .def("principal_variation", &PythonForest::principal_variation, "slot"_a, "first"_a = none)
        .def("reroot", &PythonForest::reroot, "slot"_a, "action"_a, "options"_a);

    nb::class_<PythonWave>(module, "Wave")
        .def(
            nb::init<
                PythonForest&, const Array<float>&, const Array<float>&, const Array<std::int64_t>&, const Array<const float>&,
                const Array<const float>&, const Array<const float>&, const Maybe<const float>&,
                const Maybe<const std::int64_t>&>(),
            nb::keep_alive<1, 2>(), "forest"_a, "pool"_a, "latent_in"_a, "action_in"_a, "latent_out"_a, "prior"_a, "value"_a,
            "reward"_a = none, "mover"_a = none
        )
        .def(
            "open_trees", &PythonWave::open, "slots"_a, "latent"_a, "prior"_a, "value"_a, "to_play"_a, "options"_a
        )
        .def("begin", &PythonWave::begin, "slots"_a, "rows"_a)
        .def("step", &PythonWave::step)
        .def("search", &PythonWave::search, "network"_a, "seconds"_a = none)
        .def("cancel", &PythonWave::cancel)
        .def_prop_ro("pending", &PythonWave::pending)
        .def_prop_ro("done", &PythonWave::done)
        .def_prop_ro("failed", &PythonWave::failed)
        .def("reroot_tree", &PythonWave::reroot, "slot"_a, "action"_a, "options"_a);
}
