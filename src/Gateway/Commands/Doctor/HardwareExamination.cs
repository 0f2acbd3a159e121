using Gateway.Abstractions.Definitions;
using Gateway.Linux.Processes;

namespace Gateway.Commands.Doctor;

/// <summary>The device files of the buses: whether they are there, may be used, and are not somebody else's.</summary>
internal static class HardwareExamination
{
    // Where a Raspberry Pi's firmware is told what to switch on: the newer place first.
    private static readonly string[] FirmwareFiles = ["boot/firmware/config.txt", "boot/config.txt"];

    public static IEnumerable<Finding> Examine(Patient patient)
    {
        foreach (var bus in patient.Configuration.Buses)
        {
            if (PlaceOf(bus) is { } place)
            {
                yield return Examine(patient, bus, place);
            }
        }
    }

    private static Finding Examine(Patient patient, BusDefinition bus, Place place)
    {
        var path = patient.At(place.Path);
        if (!Path.Exists(path))
        {
            return new("bus", Verdict.Wrong, $"{place.Path} of {bus.Name} is not there", WhatSwitchesItOn(patient, place));
        }

        if (place.Group is null)
        {
            return Finding.Fine("bus", $"{place.Path} is there");
        }

        if (!DeviceFile.MayUse(path))
        {
            return new("bus", Verdict.Wrong, $"{Environment.UserName} may not use {place.Path}", $"usermod -aG {place.Group} {Environment.UserName}, and log in again; the package does that for the service");
        }

        // The service itself has what it polls.
        var users = patient.Status is null && place.IsExclusive ? DeviceFile.FindUsers(path) : [];
        return users.Count > 0
            ? new("bus", Verdict.Wrong, $"{place.Path} is used by {string.Join(", ", users.Select(user => $"{user.Name} ({user.Id})"))}", "stop that program: two on one line disturb each other")
            : Finding.Fine("bus", $"{place.Path} is there and may be used");
    }

    private static string WhatSwitchesItOn(Patient patient, Place place)
    {
        if (place.Overlay is not { } overlay || FirmwareFiles.FirstOrDefault(name => File.Exists(patient.At(name))) is not { } file)
        {
            return place.Group == "dialout" ? "plug the adapter in; 'gateway scan serial' shows the ports that are there" : "load the kernel's driver for it; 'gateway scan' shows what is there";
        }

        var isWritten = File.ReadLines(patient.At(file)).Any(line => line.TrimStart().StartsWith(overlay, StringComparison.Ordinal));
        return isWritten ? $"{overlay} is in /{file} already: start the machine again" : $"add '{overlay}' to /{file}, and start the machine again";
    }

    private static Place? PlaceOf(BusDefinition bus)
    {
        if (!bus.Settings.TryGet<object>(bus.DriverName, out var value))
        {
            return null;
        }

        var text = value.ToString()!;
        var port = bus.DriverName == "modbus" && bus.Settings.TryGet<object>("port", out var written) ? written.ToString()! : text;
        return bus.DriverName switch
        {
            "modbus" or "serial" => port.StartsWith('/') ? new(port, "dialout", port.Contains("serial0", StringComparison.Ordinal) || port.Contains("ttyAMA", StringComparison.Ordinal) ? "enable_uart=1" : null, IsExclusive: true) : null,
            "i2c" => new(text.StartsWith('/') ? text : $"/dev/i2c-{text}", "i2c", "dtparam=i2c_arm=on"),
            "spi" => new(text.StartsWith('/') ? text : $"/dev/spidev{text}", "spi", "dtparam=spi=on"),
            "gpio" => text == "header" ? new("/dev/gpiochip0", "gpio", null) : new(text.StartsWith('/') ? text : $"/dev/{text}", "gpio", null),
            "onewire" => new($"/sys/bus/w1/devices/w1_bus_master{text}", null, "dtoverlay=w1-gpio"),
            "sysfs" => new(text, null, null),
            _ => null,
        };
    }

    /// <summary>Where the kernel has a bus.</summary>
    /// <param name="Path">The file.</param>
    /// <param name="Group">Who may use it; null: it is not asked.</param>
    /// <param name="Overlay">What switches it on on a Raspberry Pi; null: nothing.</param>
    /// <param name="IsExclusive">Whether one program at a time has it.</param>
    private sealed record Place(string Path, string? Group, string? Overlay, bool IsExclusive = false);
}
