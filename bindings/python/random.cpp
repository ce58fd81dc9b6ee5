// The random numbers of the core as Python sees them: ranges are checked by the Python face (myoshu.search.random).
#include "random.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "error.hpp"
#include "search/random.hpp"
#include "search/sampling.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

template <typename T> using List = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// Whether a share can be made of each, so that an index can be picked by them.
void check_weights(const double* weights, std::size_t count) {
    double total = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!(weights[i] >= 0.0)) {
            throw myoshu::ArgumentError(myoshu::text("weights[", i, "]: expected a number from 0, got ", weights[i]));
        }
        total += weights[i];
    }
    if (!(total > 0.0) || !std::isfinite(total)) {
        throw myoshu::ArgumentError(myoshu::text("weights: expected a sum that is positive and finite, got ", total));
    }
}

}  // namespace

void add_random(nb::module_& module) {
    using myoshu::Random;
    module.def("philox", &myoshu::philox, "counter"_a, "key"_a);
    nb::class_<Random>(module, "Random")
        .def(nb::init<std::uint64_t, std::uint64_t, std::uint64_t>(), "seed"_a, "stream"_a, "position"_a)
        .def_prop_ro("seed", &Random::seed)
        .def_prop_ro("stream", &Random::stream)
        .def_prop_ro("position", &Random::position)
        .def("word", &Random::word)
        .def("below", &Random::below, "bound"_a)
        .def("uniform", &Random::uniform)
        .def("uniform_float", &Random::uniform_float)
        .def("open_uniform", &Random::open_uniform)
        .def("exponential", &Random::exponential)
        .def(
            "gumbel",
            [](Random& self, const List<double>& out) {
                for (std::size_t i = 0; i < out.size(); ++i) out.data()[i] = self.gumbel();
            },
            "out"_a
        )
        .def("normal", &Random::normal)
        .def("gamma", &Random::gamma, "shape"_a)
        .def(
            "dirichlet",
            [](Random& self, double concentration, const List<double>& out) {
                self.dirichlet(concentration, out.data(), out.size());
            },
            "concentration"_a, "out"_a
        )
        .def(
            "choice",
            [](Random& self, const List<const double>& weights) {
                check_weights(weights.data(), weights.size());
                return myoshu::pick(weights.data(), weights.size(), self.uniform());
            },
            "weights"_a
        );

    module.def(
        "draw_move",
        [](double temperature, double mix, double slack, const List<const bool>& legal, const List<const float>& policy,
           const List<const float>& prior, const List<const float>& q, std::int32_t action, double sample) {
            const myoshu::Found found{legal.data(), policy.data(), prior.data(), q.data(), action};
            return myoshu::draw_move({temperature, mix, slack}, found, static_cast<std::int32_t>(legal.size()), sample);
        },
        "temperature"_a, "mix"_a, "slack"_a, "legal"_a, "policy"_a, "prior"_a, "q"_a, "action"_a, "sample"_a
    );
}
