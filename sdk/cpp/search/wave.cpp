#include "wave.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../error.hpp"

namespace myoshu {

Wave::Wave(Forest& forest, const Arrays& arrays) : forest_(forest), arrays_(arrays) {
    if (arrays.batch < forest.config().leaves) {
        throw ArgumentError(text("latent_in: expected at least ", forest.config().leaves, " rows (config.leaves), got ", arrays.batch));
    }
    requests_.reserve(static_cast<std::size_t>(arrays.batch));
    active_.reserve(static_cast<std::size_t>(forest.slots()));
    failed_.reserve(static_cast<std::size_t>(forest.slots()));
}

void Wave::open(const Openings& openings) {
    const std::size_t players = static_cast<std::size_t>(forest_.players());
    const std::size_t actions = static_cast<std::size_t>(forest_.actions());
    for (std::size_t i = 0; i < openings.count * arrays_.latent; ++i) {
        if (!std::isfinite(openings.latent[i])) {
            throw EvaluationError(text(
                "slot ", openings.slots[i / arrays_.latent], ": latent: expected finite numbers from the network, got ", openings.latent[i]
            ));
        }
    }
    std::vector<float> values(openings.count * players);
    std::vector<bool> listed(static_cast<std::size_t>(forest_.slots()));
    const auto root = [&](std::size_t i) {
        const float* prior = openings.prior + i * actions;
        return Root{prior, forest_.actions(), nullptr, values.data() + i * players, openings.to_play[i], openings.options[i]};
    };
    for (std::size_t i = 0; i < openings.count; ++i) {
        const std::int32_t slot = openings.slots[i];
        const std::int32_t mover = openings.to_play[i];
        forest_.require_slot(slot);
        if (listed[slot]) throw ArgumentError(text("slots: expected each slot once, got ", slot, " twice"));
        listed[slot] = true;
        if (mover < 0 || mover >= forest_.players()) {
            throw ArgumentError(text(
                "slot ", slot, ": to_play: expected an integer from 0 to ", forest_.players() - 1, ", got ", mover
            ));
        }
        absolute(openings.value + i * openings.value_columns, openings.value_columns, mover, values.data() + i * players);
        forest_.check(slot, root(i));
    }
    for (std::size_t i = 0; i < openings.count; ++i) {
        forest_.open(openings.slots[i], root(i));
        float* latent = arrays_.pool + static_cast<std::size_t>(openings.slots[i]) * forest_.nodes() * arrays_.latent;
        std::memcpy(latent, openings.latent + i * arrays_.latent, arrays_.latent * sizeof(float));
    }
}

void Wave::begin(const std::int32_t* slots, std::size_t count, std::int32_t rows) {
    const std::int32_t leaves = forest_.config().leaves;
    if (rows < leaves || rows > arrays_.batch) {
        throw ArgumentError(text("rows: expected a number from ", leaves, " (config.leaves) to ", arrays_.batch, ", got ", rows));
    }
    std::vector<bool> listed(static_cast<std::size_t>(forest_.slots()));
    for (std::size_t i = 0; i < count; ++i) {
        forest_.require_open(slots[i]);
        if (listed[slots[i]]) throw ArgumentError(text("slots: expected each slot once, got ", slots[i], " twice"));
        listed[slots[i]] = true;
        if (forest_.root_mover(slots[i]) == kChance) {
            throw ArgumentError(text("slot ", slots[i], ": to_play: expected a player to move at the root, got chance"));
        }
        forest_.check_dense(slots[i]);
    }
    active_.clear();
    for (std::size_t i = 0; i < count; ++i) active_.push_back({slots[i], forest_.generation(slots[i])});
    rows_ = rows;
}

void Wave::absolute(const float* columns, std::int32_t width, std::int32_t first, float* values) const {
    const std::int32_t players = forest_.players();
    if (width == players) {
        std::int32_t player = first;
        for (std::int32_t i = 0; i < width; ++i) {
            values[player] = columns[i];
            if (++player == players) player = 0;
        }
    } else {
        values[first] = columns[0];
        values[1 - first] = -columns[0];
    }
}

bool Wave::find_fault(const Request& request, std::size_t row, std::string& fault) const {
    const std::int32_t actions = forest_.actions();
    if (forest_.mover(request) == kChance || !forest_.has_room(request.slot)) {
        fault = text("slot ", request.slot, ": expected a tree of decision nodes whose action sets all fit, as Wave.begin does");
        return true;
    }
    const auto find = [&](const char* field, const float* values, std::int32_t width, bool probabilities) {
        for (std::int32_t i = 0; i < width; ++i) {
            if (std::isfinite(values[i]) && !(probabilities && values[i] < 0.0f)) continue;
            const char* expected = probabilities ? "a probability" : "a finite number";
            fault = text("slot ", request.slot, ": ", field, "[", row, ", ", i, "]: expected ", expected, ", got ", values[i]);
            return true;
        }
        return false;
    };
    if (find("value", arrays_.value + row * arrays_.value_columns, arrays_.value_columns, false)) return true;
    if (arrays_.reward != nullptr &&
        find("reward", arrays_.reward + row * arrays_.reward_columns, arrays_.reward_columns, false)) {
        return true;
    }
    if (arrays_.mover != nullptr && (arrays_.mover[row] < 0 || arrays_.mover[row] >= forest_.players())) {
        fault = text(
            "slot ", request.slot, ": mover[", row, "]: expected an integer from 0 to ", forest_.players() - 1, ", got ", arrays_.mover[row]
        );
        return true;
    }
    std::uint32_t wrong = 0;
    const float* prior = arrays_.prior + row * actions;
    for (std::int32_t i = 0; i < actions; ++i) {
        std::uint32_t bits;
        std::memcpy(&bits, prior + i, sizeof bits);
        wrong |= bits | (bits + 0x00800000u);
    }
    return (wrong & 0x80000000u) != 0 && find("prior", prior, actions, true);
}

void Wave::absorb() {
    const std::int32_t players = forest_.players();
    float value[kMaxPlayers];
    float reward[kMaxPlayers] = {};
    for (std::size_t first = 0; first < requests_.size();) {
        std::size_t last = first;  // the rows of one tree stand together
        bool sound = true;
        while (last < requests_.size() && requests_[last].slot == requests_[first].slot) {
            if (sound && forest_.is_awaited(requests_[last])) {
                std::string fault;
                sound = !find_fault(requests_[last], last, fault);
                if (!sound) {
                    if (failed_.empty()) fault_ = fault;
                    failed_.push_back(requests_[last].slot);
                }
            }
            ++last;
        }
        if (!sound) {
            const std::int32_t slot = requests_[first].slot;
            forest_.withdraw(requests_.data() + first, last - first);
            const auto dropped = [slot](const Participant& participant) { return participant.slot == slot; };
            active_.erase(std::remove_if(active_.begin(), active_.end(), dropped), active_.end());
            first = last;
            continue;
        }
        for (; first < last; ++first) {
            const Request& request = requests_[first];
            if (!forest_.is_awaited(request)) continue;
            const std::int32_t actor = forest_.mover(request);
            const std::int32_t seats = arrays_.mover == nullptr ? 1 : static_cast<std::int32_t>(arrays_.mover[first]);
            std::int32_t mover = actor + seats;
            if (mover >= players) mover -= players;
            absolute(arrays_.value + first * arrays_.value_columns, arrays_.value_columns, mover, value);
            if (arrays_.reward != nullptr) {
                absolute(arrays_.reward + first * arrays_.reward_columns, arrays_.reward_columns, actor, reward);
            }
            const ActionSet set{arrays_.prior + first * forest_.actions(), forest_.actions(), nullptr, nullptr};
            const std::int32_t node = forest_.expand(request, {set, reward, value, mover, forest_.config().discount, false});
            const std::size_t row = static_cast<std::size_t>(request.slot) * forest_.nodes() + node;
            std::memcpy(arrays_.pool + row * arrays_.latent, arrays_.latent_out + first * arrays_.latent, arrays_.latent * sizeof(float));
        }
    }
    requests_.clear();
}

std::int32_t Wave::step() {
    failed_.clear();
    absorb();
    if (!failed_.empty()) throw EvaluationError(fault_);
    const std::size_t leaves = static_cast<std::size_t>(forest_.config().leaves);
    const std::size_t batch = static_cast<std::size_t>(rows_);
    // As many trees as fit with a whole wave of each, always the same while the caches hold them; others follow as these
    // have spent their budgets.
    std::size_t seen = 0;
    std::size_t kept = 0;
    const std::size_t count = active_.size();
    for (; seen < count && requests_.size() + leaves <= batch; ++seen) {
        const Participant participant = active_[seen];
        if (forest_.generation(participant.slot) != participant.generation) continue;
        const std::size_t before = requests_.size();
        forest_.select_tree(participant.slot, requests_, false);
        if (requests_.size() > before || forest_.remaining(participant.slot) > 0) active_[kept++] = participant;
    }
    if (kept < seen) active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(kept), active_.begin() + static_cast<std::ptrdiff_t>(seen));
    const std::size_t width = arrays_.latent * sizeof(float);
    for (std::size_t row = 0; row < requests_.size(); ++row) {
        const Request& request = requests_[row];
        const std::size_t parent = static_cast<std::size_t>(request.slot) * forest_.nodes() + request.parent;
        std::memcpy(arrays_.latent_in + row * arrays_.latent, arrays_.pool + parent * arrays_.latent, width);
        arrays_.action_in[row] = request.action;
    }
    return static_cast<std::int32_t>(requests_.size());
}

void Wave::cancel() {
    forest_.withdraw(requests_.data(), requests_.size());
    requests_.clear();
}

std::vector<std::int32_t> Wave::reroot(std::int32_t slot, std::int32_t action, const RootOptions& options) {
    const std::vector<std::int32_t> kept = forest_.reroot(slot, action, options);
    float* rows = arrays_.pool + static_cast<std::size_t>(slot) * forest_.nodes() * arrays_.latent;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        std::memmove(rows + i * arrays_.latent, rows + static_cast<std::size_t>(kept[i]) * arrays_.latent, arrays_.latent * sizeof(float));
    }
    return kept;
}

}  // namespace myoshu
