/* An agent plays tic-tac-toe against itself. Usage: tic_tac_toe [ADDRESS], after `myoshu serve tic_tac_toe.myoshu` */
#include <stdio.h>

#include "myoshu.h"

static int has_won(const int board[9], int player) {
  static const int lines[8][3] = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, {0, 4, 8}, {2, 4, 6}};
  for (int i = 0; i < 8; i++)
    if (board[lines[i][0]] == player && board[lines[i][1]] == player && board[lines[i][2]] == player) return 1;
  return 0;
}

static int show(const myoshu_info *info, void *user) {
  (void)user;
  printf("  so far %d, expecting %+.2f\n", (int)info->action, info->value);
  return 0; /* continue */
}

static myoshu_status play(myoshu_session *session, myoshu_error *error) {
  int board[9] = {0}, player = 0; /* 0 is empty, else 1 or 2 */
  for (int turn = 0; turn < 9 && !has_won(board, 1) && !has_won(board, 2); turn++, player = !player) {
    /* What myoshu's tic-tac-toe shows: the mover's squares, the other's, the empty ones. */
    float planes[3][9];
    int32_t legal[9], to_play = player;
    myoshu_position position = {.observation = planes[0], .legal = legal, .to_play = &to_play};
    for (int square = 0; square < 9; square++) {
      for (int plane = 0; plane < 3; plane++) planes[plane][square] = 0.0F;
      planes[board[square] == 0 ? 2 : board[square] == player + 1 ? 0 : 1][square] = 1.0F;
      if (board[square] == 0) legal[position.legal_count++] = square;
    }
    myoshu_limit limit = {.simulations = 200, .on_info = show};
    myoshu_decision decision;
    myoshu_status status = myoshu_think(session, &position, &limit, &decision, error);
    if (status != MYOSHU_OK) return status;
    board[decision.action] = player + 1;
    printf("%c plays %d, expecting %+.2f\n", "xo"[player], (int)decision.action, decision.value);
    status = myoshu_observe(session, &decision.action, 1, error);
    myoshu_decision_clear(&decision);
    if (status != MYOSHU_OK) return status;
  }
  printf("%s\n", has_won(board, 1) ? "x wins" : has_won(board, 2) ? "o wins" : "A draw");
  return MYOSHU_OK;
}

int main(int count, char **arguments) {
  myoshu_error error;
  myoshu_client *client;
  myoshu_session *session;
  myoshu_status status = myoshu_connect(&client, count > 1 ? arguments[1] : NULL, NULL, &error);
  if (status == MYOSHU_OK) status = myoshu_open(client, NULL, &session, &error);
  if (status == MYOSHU_OK) status = play(session, &error);
  if (status != MYOSHU_OK) fprintf(stderr, "%s\n", error.message);
  myoshu_disconnect(client);
  return status != MYOSHU_OK;
}
