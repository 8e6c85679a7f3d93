// The end of a meeting that libnice has: what test_ice_agents.py runs.
//
//     end controlling|controlled COUNT [tcp:]ADDRESS|- [ADDRESS PORT USER PASSWORD]
//
// The first address is its host candidate's, over TCP alone with `tcp:`, or `-` for relayed candidates alone; the second one is the relay's. What it
// reads and writes, every end does: see meeting.py.
#include <nice/agent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMPONENT = 1, LONGEST = 1200, AGAIN_MILLISECONDS = 250, OURS = 0x4F, THEIRS = 0x55 };

static GMainLoop *loop;
static NiceAgent *agent;
static guint stream;
static char remote_fragment[257], remote_password[257];
static guint32 count, next;  // the payload that is asked for, and `count` for none
static gboolean is_asking, is_connected;

static void fail(const char *what)
{
    g_printerr("%s\n", what);
    exit(1);
}

static void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

// Payload `number` of an author.
static gsize body(guint32 number, unsigned author, char *bytes)
{
    gsize length = 1 + number * 13 % 1150;
    for (gsize index = 0; index < length; index++)
        bytes[index] = (char)(number * 31 + index * author);
    return length;
}

static void ask(void)
{
    char message[5] = {'q'};
    guint32 number = g_htonl(next);
    memcpy(message + 1, &number, 4);
    nice_agent_send(agent, stream, COMPONENT, sizeof message, message);
}

static gboolean ask_again(gpointer data)
{
    static guint32 last;
    (void)data;
    if (is_asking && last == next)
        ask();
    last = next;
    return TRUE;
}

static void on_data(NiceAgent *self, guint number_of_stream, guint component, guint length, gchar *bytes, gpointer data)
{
    char expected[LONGEST];
    guint32 number;
    (void)self, (void)number_of_stream, (void)component, (void)data;
    if (length < 5)
        return;
    memcpy(&number, bytes + 1, 4);
    number = g_ntohl(number);
    if (bytes[0] == 'q') {
        char answer[LONGEST] = {'d'};
        memcpy(answer + 1, bytes + 1, 4);
        nice_agent_send(agent, stream, COMPONENT, (guint)(5 + body(number, THEIRS, answer + 5)), answer);
    } else if (bytes[0] == 'd' && is_asking && number == next) {
        if (length - 5 != body(number, OURS, expected) || memcmp(bytes + 5, expected, length - 5) != 0)
            fail("a payload is not what was sent");
        is_asking = ++next < count;
        if (is_asking)
            ask();
        else
            printf("{\"event\": \"exchanged\", \"payloads\": %u}\n", count), fflush(stdout);
    }
}

static void on_candidate(NiceAgent *self, NiceCandidate *candidate, gpointer data)
{
    gchar *line = nice_agent_generate_local_candidate_sdp(self, candidate);
    (void)data;
    say(line);
    g_free(line);
}

static void on_gathered(NiceAgent *self, guint number, gpointer data)
{
    (void)self, (void)number, (void)data;
    say("a=end-of-candidates");
}

// As a URL has it.
static void place(const NiceAddress *address, char *text, size_t size)
{
    gchar ip[NICE_ADDRESS_STRING_LEN];
    nice_address_to_string(address, ip);
    snprintf(text, size, strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip, nice_address_get_port(address));
}

static void on_pair(
    NiceAgent *self, guint number, guint component, NiceCandidate *local, NiceCandidate *remote, gpointer data)
{
    char ours[64], theirs[64];
    (void)self, (void)number, (void)component, (void)data;
    place(&local->addr, ours, sizeof ours);
    place(&remote->addr, theirs, sizeof theirs);
    // libnice tells nobody in which role it has ended.
    printf("{\"event\": \"selected\", \"local\": \"%s\", \"remote\": \"%s\"}\n", ours, theirs);
    fflush(stdout);
}

static void on_state(NiceAgent *self, guint number, guint component, guint state, gpointer data)
{
    (void)self, (void)number, (void)component, (void)data;
    if (state == NICE_COMPONENT_STATE_FAILED)
        fail("the component has failed");
    if (state != NICE_COMPONENT_STATE_READY || is_connected)
        return;
    is_connected = TRUE;
    say("{\"event\": \"connected\"}");
}

// A line of the other end's, or a command.
static gboolean on_line(GIOChannel *input, GIOCondition condition, gpointer data)
{
    gchar *line = NULL;
    gsize end;
    (void)condition, (void)data;
    if (g_io_channel_read_line(input, &line, NULL, &end, NULL) != G_IO_STATUS_NORMAL) {
        g_main_loop_quit(loop);
        return FALSE;
    }
    line[end] = 0;
    if (sscanf(line, "a=ice-ufrag:%256s", remote_fragment) == 1 || sscanf(line, "a=ice-pwd:%256s", remote_password) == 1) {
        if (remote_fragment[0] && remote_password[0]
            && !nice_agent_set_remote_credentials(agent, stream, remote_fragment, remote_password))
            fail("does not take the other end's credentials");
    } else if (g_str_has_prefix(line, "a=candidate:")) {
        NiceCandidate *candidate = nice_agent_parse_remote_candidate_sdp(agent, stream, line);
        if (!candidate)
            fail("does not understand a candidate");
        GSList only = {.data = candidate};
        nice_agent_set_remote_candidates(agent, stream, COMPONENT, &only);
        nice_candidate_free(candidate);
    } else if (strcmp(line, "a=end-of-candidates") == 0) {
        nice_agent_peer_candidate_gathering_done(agent, stream);
    } else if (strcmp(line, "exchange") == 0) {
        next = 0;
        is_asking = TRUE;
        ask();
    } else if (strcmp(line, "stop") == 0) {
        g_main_loop_quit(loop);
    }
    g_free(line);
    return TRUE;
}

// Gives the allocation back to the relay.
static void on_closed(GObject *self, GAsyncResult *result, gpointer data)
{
    (void)self, (void)result, (void)data;
    g_main_loop_quit(loop);
}

int main(int argc, char **argv)
{
    gboolean is_relayed = argc == 8, has_host, is_tcp;
    NiceAddress local;
    gchar *fragment, *password, line[300];
    if (argc != 4 && argc != 8)
        fail("usage: end controlling|controlled COUNT [tcp:]ADDRESS|- [ADDRESS PORT USER PASSWORD]");
    has_host = strcmp(argv[3], "-") != 0;
    is_tcp = g_str_has_prefix(argv[3], "tcp:");
    const char *host = is_tcp ? argv[3] + 4 : argv[3];
    count = (guint32)atoi(argv[2]);
    loop = g_main_loop_new(NULL, FALSE);
    agent = nice_agent_new_full(
        g_main_loop_get_context(loop), NICE_COMPATIBILITY_RFC5245,
        NICE_AGENT_OPTION_REGULAR_NOMINATION | NICE_AGENT_OPTION_ICE_TRICKLE | NICE_AGENT_OPTION_CONSENT_FRESHNESS);
    g_object_set(agent, "controlling-mode", strcmp(argv[1], "controlling") == 0, "force-relay", !has_host, "upnp", FALSE,
                 "ice-udp", !is_tcp, NULL);
    if (is_relayed)
        g_object_set(agent, "stun-server", argv[4], "stun-server-port", (guint)atoi(argv[5]), NULL);
    // libnice leaves out loopback by itself.
    nice_address_init(&local);
    if (!nice_address_set_from_string(&local, has_host ? host : argv[4]) || !nice_agent_add_local_address(agent, &local))
        fail("has no such local address");
    g_signal_connect(agent, "new-candidate-full", G_CALLBACK(on_candidate), NULL);
    g_signal_connect(agent, "candidate-gathering-done", G_CALLBACK(on_gathered), NULL);
    g_signal_connect(agent, "new-selected-pair-full", G_CALLBACK(on_pair), NULL);
    g_signal_connect(agent, "component-state-changed", G_CALLBACK(on_state), NULL);
    stream = nice_agent_add_stream(agent, 1);
    nice_agent_set_stream_name(agent, stream, "application");
    if (is_relayed && !nice_agent_set_relay_info(agent, stream, COMPONENT, argv[4], (guint)atoi(argv[5]), argv[6], argv[7],
                                                NICE_RELAY_TYPE_TURN_UDP))
        fail("does not take the relay");
    if (!nice_agent_get_local_credentials(agent, stream, &fragment, &password))
        fail("has no credentials");
    snprintf(line, sizeof line, "a=ice-ufrag:%s\na=ice-pwd:%s", fragment, password);
    say(line);
    nice_agent_attach_recv(agent, stream, COMPONENT, g_main_loop_get_context(loop), on_data, NULL);
    if (!nice_agent_gather_candidates(agent, stream))
        fail("does not gather");
    GIOChannel *input = g_io_channel_unix_new(STDIN_FILENO);
    g_io_add_watch(input, G_IO_IN | G_IO_HUP, on_line, NULL);
    g_timeout_add(AGAIN_MILLISECONDS, ask_again, NULL);
    g_main_loop_run(loop);
    nice_agent_close_async(agent, on_closed, NULL);
    g_main_loop_run(loop);
    return 0;
}
