// The header in C++: connecting, deciding and serving, with everything given back. Usage: example_in_cxx ADDRESS
#include <cstdio>
#include <memory>
#include <vector>

#include "tesuji.h"

int main(int count, char **arguments) {
  tesuji_client *connected = nullptr;
  tesuji_error error{};
  tesuji_settings settings{};
  settings.timeout = 10.0;
  if (tesuji_connect(&connected, count > 1 ? arguments[1] : nullptr, &settings, &error) != TESUJI_OK) {
    std::fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  std::unique_ptr<tesuji_client, decltype(&tesuji_disconnect)> client(connected, tesuji_disconnect);
  const tesuji_game &game = tesuji_models(client.get(), nullptr)->game;
  tesuji_session *session = nullptr;
  std::vector<float> observation(tesuji_game_size(&game), 0.5F);
  tesuji_position position{};
  position.observation = observation.data();
  tesuji_decision decision{};
  if (tesuji_open(client.get(), nullptr, &session, &error) != TESUJI_OK ||
      tesuji_think(session, &position, nullptr, &decision, &error) != TESUJI_OK) {
    std::fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  std::printf("%s: action %d of %zu\n", game.name, static_cast<int>(decision.action), decision.actions);
  tesuji_decision_clear(&decision);
  return 0;
}
