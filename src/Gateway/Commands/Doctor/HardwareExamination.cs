using Gateway.Abstractions.Definitions;
using Gateway.Linux.Gpio;
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
            if (PlaceOf(patient, bus) is { } place)
            {
                yield return Examine(patient, bus, place);
            }

            if (ExamineParity(patient, bus) is { } parity)
            {
                yield return parity;
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

    // The mini UART sends and takes no parity bit, and says nothing of it: each byte would be wrong.
    private static Finding? ExamineParity(Patient patient, BusDefinition bus)
    {
        if (PortOf(bus) is not { } port || !bus.Settings.TryGet<string>("parity", out var parity) || parity is not ("even" or "odd") || !IsRaspberryPi(patient))
        {
            return null;
        }

        var path = patient.At(port);
        var device = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.Name ?? Path.GetFileName(path) : Path.GetFileName(port);
        return device == "ttyS0"
            ? new("bus", Verdict.Wrong, $"{port} of {bus.Name} is the board's mini UART, which has no parity, and the map says 'parity: {parity}'", "'dtoverlay=disable-bt' in config.txt and a start of the machine make /dev/serial0 a UART that has it; or use a USB adapter, or 'parity: none' on both sides")
            : null;
    }

    private static bool IsRaspberryPi(Patient patient) => ModelOf(patient).StartsWith("Raspberry Pi", StringComparison.Ordinal);

    // What the device tree says that the board is.
    private static string ModelOf(Patient patient)
    {
        try
        {
            return File.ReadAllText(patient.At("proc/device-tree/model")).TrimEnd('\0', '\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string? PortOf(BusDefinition bus) =>
        bus.DriverName is "modbus" or "serial" && bus.Settings.TryGet<object>(bus.DriverName == "modbus" ? "port" : "serial", out var port) && port.ToString()!.StartsWith('/') ? port.ToString() : null;

    // On a Pi 5 serial0 is the plug for debugging, and the UART on the header's pins has a name of its own.
    private static string? UartOverlay(Patient patient, string port) =>
        port.Contains("ttyAMA", StringComparison.Ordinal) && ModelOf(patient).StartsWith("Raspberry Pi 5", StringComparison.Ordinal) ? "dtparam=uart0=on"
        : port.Contains("ttyAMA", StringComparison.Ordinal) || port.Contains("serial0", StringComparison.Ordinal) ? "enable_uart=1"
        : null;

    // Whichever number the chip of the header has on this board and this kernel.
    private static string HeaderPath() => GpioChips.List().FirstOrDefault(GpioChips.IsHeader)?.Path ?? "/dev/gpiochip0";

    private static Place? PlaceOf(Patient patient, BusDefinition bus)
    {
        if (!bus.Settings.TryGet<object>(bus.DriverName, out var value))
        {
            return null;
        }

        var text = value.ToString()!;
        return bus.DriverName switch
        {
            "modbus" or "serial" => PortOf(bus) is { } port ? new(port, "dialout", UartOverlay(patient, port), IsExclusive: true) : null,
            "i2c" => new(text.StartsWith('/') ? text : $"/dev/i2c-{text}", "i2c", "dtparam=i2c_arm=on"),
            "spi" => new(text.StartsWith('/') ? text : $"/dev/spidev{text}", "spi", "dtparam=spi=on"),
            "gpio" => text == GpioChips.Header ? new(HeaderPath(), "gpio", null) : new(text.StartsWith('/') ? text : $"/dev/{text}", "gpio", null),
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
