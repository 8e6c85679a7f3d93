"""A systemd-logind that says what it is told to, on the bus that DBUS_SYSTEM_BUS_ADDRESS names: a line "sleep" or "wake" on
standard input is the signal PrepareForSleep. It prints each lock that is taken, and that it was let go."""

import os
import sys
import threading

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

_MANAGER = "org.freedesktop.login1.Manager"


class Manager(dbus.service.Object):
    @dbus.service.method(_MANAGER, in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        ours, theirs = os.pipe()
        print("lock", what, who, mode, flush=True)
        threading.Thread(target=lambda: (os.read(ours, 1), print("let go", flush=True)), daemon=True).start()
        lock = dbus.types.UnixFd(theirs)
        os.close(theirs)
        return lock

    @dbus.service.signal(_MANAGER, signature="b")
    def PrepareForSleep(self, start):
        pass


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
    name = dbus.service.BusName("org.freedesktop.login1", bus)
    manager = Manager(bus, "/org/freedesktop/login1")
    loop = GLib.MainLoop()

    def told(_source, _condition):
        line = sys.stdin.readline()
        if not line:
            loop.quit()
            return False
        manager.PrepareForSleep(line.strip() == "sleep")
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, told)
    print("ready", name.get_name(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
