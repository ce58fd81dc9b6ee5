// What the core throws. The Python face turns each into the class of the same name in myoshu.errors.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace myoshu {

// A call's argument is not what the function takes.
struct ArgumentError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The legal actions are empty, or name an action that is not there.
struct LegalActionsError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// More was asked for than memory was opened for.
struct CapacityError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// An evaluation holds NaN, infinity or a negative probability.
struct EvaluationError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A network is not one that can be run here.
struct NetworkError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Join the parts of a message.
template <typename... Parts> std::string text(const Parts&... parts) {
    std::ostringstream stream;
    stream.precision(9);
    (stream << ... << parts);
    return stream.str();
}

}  // namespace myoshu
