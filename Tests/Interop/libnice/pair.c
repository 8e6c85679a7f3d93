// Two agents of libnice that have relayed candidates only meet through the relay: what test_libnice.py runs.
//
//     pair udp|tcp ADDRESS PORT USER PASSWORD COUNT
//     pair udp|tcp ADDRESS PORT USER PASSWORD knock ADDRESS PORT ADDRESS PORT
//
// Each agent sends COUNT messages to the other, one after the other has come; prints one line and exits 0 when all of
// them came whole and in order. Says on standard error what did not, and exits 1.
//
// With `knock` there is one agent: it checks two candidates of a peer that never answers, through the relay, until it is
// ended.
#include <nice/agent.h>
#include <stdlib.h>
#include <string.h>

enum { COMPONENT = 1, LONGEST = 1200, PATIENCE_SECONDS = 40 };

typedef struct Side {
    const char *name;
    NiceAgent *agent;
    guint stream;
    struct Side *other;
    gboolean gathered, ready;
    int sent, received;
} Side;

static GMainLoop *loop;
static int count;
static char **peers;  // to knock at: address, port, address, port

static void fail(const char *what, const Side *side)
{
    g_printerr("%s: %s (sent %d, received %d)\n", side ? side->name : "pair", what, side ? side->sent : 0,
               side ? side->received : 0);
    exit(1);
}

// Message `number` of a side; the sizes differ, and hit every remainder of 4.
static gsize message(const Side *side, int number, char *bytes)
{
    gsize length = 8 + (gsize)number * 13 % (LONGEST - 8);
    memset(bytes, side->name[0] + number % 64, length);
    memcpy(bytes, &number, sizeof number);
    return length;
}

static void send_next(Side *side)
{
    char bytes[LONGEST];
    gsize length = message(side, side->sent, bytes);
    if (side->sent == count)
        return;
    if (nice_agent_send(side->agent, side->stream, COMPONENT, (guint)length, bytes) != (gint)length)
        fail("could not send", side);
    side->sent++;
}

// One side at a time: a message is answered by the other side's next one.
static void on_data(NiceAgent *agent, guint stream, guint component, guint length, gchar *bytes, gpointer data)
{
    Side *side = data;
    char expected[LONGEST];
    (void)agent, (void)stream, (void)component;
    if (length != message(side->other, side->received, expected) || memcmp(bytes, expected, length) != 0)
        fail("got another message than was sent", side);
    side->received++;
    send_next(side);
    if (side->received == count && side->other->received == count)
        g_main_loop_quit(loop);
}

static void exchange(Side *from)
{
    Side *to = from->other;
    gchar *fragment, *password;
    GSList *candidates = nice_agent_get_local_candidates(from->agent, from->stream, COMPONENT);
    if (candidates == NULL)
        fail("has no relayed candidate", from);
    for (GSList *item = candidates; item; item = item->next)
        if (((NiceCandidate *)item->data)->type != NICE_CANDIDATE_TYPE_RELAYED)
            fail("has a candidate that is not relayed", from);
    if (!nice_agent_get_local_credentials(from->agent, from->stream, &fragment, &password)
        || !nice_agent_set_remote_credentials(to->agent, to->stream, fragment, password)
        || nice_agent_set_remote_candidates(to->agent, to->stream, COMPONENT, candidates) < 1)
        fail("could not be described to the other", from);
    g_free(fragment);
    g_free(password);
    g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
}

// The peer's candidates, as its description would say them.
static void knock(Side *side)
{
    GSList *candidates = NULL;
    if (!nice_agent_set_remote_credentials(side->agent, side->stream, "abcd", "abcdefghijklmnopqrstuvwx"))
        fail("does not take the peer's credentials", side);
    for (int index = 0; index < 2; index++) {
        NiceCandidate *candidate = nice_candidate_new(NICE_CANDIDATE_TYPE_HOST);
        if (!nice_address_set_from_string(&candidate->addr, peers[2 * index]))
            fail("no address of a peer", side);
        nice_address_set_port(&candidate->addr, (guint)atoi(peers[2 * index + 1]));
        candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
        candidate->component_id = COMPONENT;
        candidate->stream_id = side->stream;
        candidate->priority = 2122260223u - (guint)index;
        g_snprintf(candidate->foundation, sizeof candidate->foundation, "%d", index);
        candidates = g_slist_append(candidates, candidate);
    }
    if (nice_agent_set_remote_candidates(side->agent, side->stream, COMPONENT, candidates) != 2)
        fail("does not take the peer's candidates", side);
    g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
}

static void on_gathered(NiceAgent *agent, guint stream, gpointer data)
{
    Side *side = data;
    (void)agent, (void)stream;
    side->gathered = TRUE;
    if (peers)
        knock(side);
    else if (side->other->gathered) {
        exchange(side);
        exchange(side->other);
    }
}

static void on_state(NiceAgent *agent, guint stream, guint component, guint state, gpointer data)
{
    Side *side = data;
    (void)agent, (void)stream, (void)component;
    if (peers)
        return;
    if (state == NICE_COMPONENT_STATE_FAILED)
        fail("no pair of candidates works", side);
    if (state != NICE_COMPONENT_STATE_READY || side->ready)
        return;
    side->ready = TRUE;
    if (side->other->ready)
        send_next(side);
}

static gboolean on_timeout(gpointer data)
{
    Side *sides = data;
    g_printerr("%s sent %d, received %d; %s sent %d, received %d\n", sides[0].name, sides[0].sent, sides[0].received,
               sides[1].name, sides[1].sent, sides[1].received);
    fail("not done in time", NULL);
    return FALSE;
}

static void start(Side *side, gboolean controlling, char **arguments)
{
    NiceRelayType type = strcmp(arguments[1], "tcp") == 0 ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP;
    NiceAddress local;
    side->agent = nice_agent_new(g_main_loop_get_context(loop), NICE_COMPATIBILITY_RFC5245);
    g_object_set(side->agent, "controlling-mode", controlling, "force-relay", TRUE, "ice-tcp", FALSE, "upnp", FALSE,
                 NULL);
    // libnice leaves out loopback by itself; the relay's own address is ours too.
    nice_address_init(&local);
    if (!nice_address_set_from_string(&local, arguments[2]) || !nice_agent_add_local_address(side->agent, &local))
        fail("has no such local address", side);
    g_signal_connect(side->agent, "candidate-gathering-done", G_CALLBACK(on_gathered), side);
    g_signal_connect(side->agent, "component-state-changed", G_CALLBACK(on_state), side);
    side->stream = nice_agent_add_stream(side->agent, 1);
    if (!nice_agent_set_relay_info(side->agent, side->stream, COMPONENT, arguments[2], (guint)atoi(arguments[3]),
                                   arguments[4], arguments[5], type))
        fail("does not take the relay", side);
    nice_agent_attach_recv(side->agent, side->stream, COMPONENT, g_main_loop_get_context(loop), on_data, side);
    if (!nice_agent_gather_candidates(side->agent, side->stream))
        fail("does not gather", side);
}

// Gives the allocation back to the relay.
static void on_closed(GObject *agent, GAsyncResult *result, gpointer data)
{
    int *open = data;
    (void)result;
    g_object_unref(agent);
    if (--*open == 0)
        g_main_loop_quit(loop);
}

int main(int argc, char **argv)
{
    Side sides[2] = {{.name = "one", .other = &sides[1]}, {.name = "other", .other = &sides[0]}};
    if (argc != 7 && !(argc == 11 && strcmp(argv[6], "knock") == 0))
        fail("usage: pair udp|tcp ADDRESS PORT USER PASSWORD COUNT|knock ADDRESS PORT ADDRESS PORT", NULL);
    count = atoi(argv[6]);
    peers = argc == 11 ? argv + 7 : NULL;
    loop = g_main_loop_new(NULL, FALSE);
    g_timeout_add_seconds(PATIENCE_SECONDS, on_timeout, sides);
    start(&sides[0], TRUE, argv);
    if (!peers)
        start(&sides[1], FALSE, argv);
    g_main_loop_run(loop);
    g_print("%d and %d messages came\n", sides[0].received, sides[1].received);
    int open = 2;
    nice_agent_close_async(sides[0].agent, on_closed, &open);
    nice_agent_close_async(sides[1].agent, on_closed, &open);
    g_main_loop_run(loop);
    return 0;
}
