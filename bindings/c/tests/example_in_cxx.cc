// The header in C++: connecting, deciding and serving, with everything given back. Usage: example_in_cxx ADDRESS
#include <cstdio>
#include <memory>
#include <vector>

#include "myoshu.h"

int main(int count, char **arguments) {
  myoshu_client *connected = nullptr;
  myoshu_error error{};
  myoshu_settings settings{};
  settings.timeout = 10.0;
  if (myoshu_connect(&connected, count > 1 ? arguments[1] : nullptr, &settings, &error) != MYOSHU_OK) {
    std::fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  std::unique_ptr<myoshu_client, decltype(&myoshu_disconnect)> client(connected, myoshu_disconnect);
  const myoshu_game &game = myoshu_models(client.get(), nullptr)->game;
  myoshu_session *session = nullptr;
  std::vector<float> observation(myoshu_game_size(&game), 0.5F);
  myoshu_position position{};
  position.observation = observation.data();
  myoshu_decision decision{};
  if (myoshu_open(client.get(), nullptr, &session, &error) != MYOSHU_OK ||
      myoshu_think(session, &position, nullptr, &decision, &error) != MYOSHU_OK) {
    std::fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  std::printf("%s: action %d of %zu\n", game.name, static_cast<int>(decision.action), decision.actions);
  myoshu_decision_clear(&decision);
  return 0;
}
