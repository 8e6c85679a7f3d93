"""A desktop that shows notifications, on the bus that DBUS_SESSION_BUS_ADDRESS names: it prints what it is to show, and presses a
button, or puts a notification away, when a line on standard input says so: "accept 1", "decline 1", "away 1"."""

import json
import os
import sys

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

_NAME = "org.freedesktop.Notifications"


class Desktop(dbus.service.Object):
    last = 0

    @dbus.service.method(_NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, program, _replaces, _icon, title, text, actions, _hints, expires):
        self.last += 1
        print(json.dumps({"shown": self.last, "program": program, "title": title, "text": text, "actions": list(map(str, actions)),
                          "expires": int(expires)}), flush=True)
        return dbus.UInt32(self.last)

    @dbus.service.method(_NAME, in_signature="u")
    def CloseNotification(self, number):
        print(json.dumps({"closed": int(number)}), flush=True)
        self.NotificationClosed(number, 3)

    @dbus.service.signal(_NAME, signature="us")
    def ActionInvoked(self, number, action):
        pass

    @dbus.service.signal(_NAME, signature="uu")
    def NotificationClosed(self, number, reason):
        pass


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(os.environ["DBUS_SESSION_BUS_ADDRESS"])
    name = dbus.service.BusName(_NAME, bus)
    desktop = Desktop(bus, "/org/freedesktop/Notifications")
    loop = GLib.MainLoop()

    def told(_source, _condition):
        line = sys.stdin.readline()
        if not line:
            loop.quit()
            return False
        what, number = line.split()
        number = dbus.UInt32(int(number))
        if what == "away":
            desktop.NotificationClosed(number, dbus.UInt32(2))
        else:
            desktop.ActionInvoked(number, what)
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, told)
    print("ready", name.get_name(), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
