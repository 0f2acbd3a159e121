using System.Globalization;
using Gateway.Commands;
using Gateway.Drivers.I2c;
using Gateway.Drivers.OneWire;
using Gateway.Drivers.Sysfs;
using Gateway.Linux.I2c;
using Gateway.Linux.Serial;
using Gateway.Linux.Sysfs;

namespace Gateway.Web.Scans;

/// <summary>What can be looked for from the page: the kinds of <c>gateway scan</c>.</summary>
internal static class ScanKinds
{
    private const string Sysfs = "/sys";

    /// <summary>Looks for what a request asks for.</summary>
    /// <exception cref="CommandException">It cannot be looked for, or nothing was found.</exception>
    public static Task RunAsync(ScanRequest request, ISharedLines lines, ScanMailbox mailbox, CancellationToken cancellationToken) => request.Kind switch
    {
        "modbus" => ModbusScans.ScanAsync(request, lines, mailbox, cancellationToken),

        // These calls block: they are made on a thread that may.
        "i2c" => Task.Run(() => ScanI2c(request.Bus, mailbox, cancellationToken), cancellationToken),
        "gpio" => Task.Run(() => AddAll(ScanGpioCommand.Find(), StatusJson.Lines.ScannedChip, mailbox), cancellationToken),
        "onewire" => Task.Run(() => AddAll(OneWireScanner.Scan(new SysfsTree(Sysfs)), StatusJson.Lines.OneWireFind, mailbox), cancellationToken),
        "sysfs" => Task.Run(() => AddAll(SysfsScanner.Scan(new SysfsTree(Sysfs)), StatusJson.Lines.SysfsFind, mailbox), cancellationToken),
        "serial" => Task.Run(() => AddAll(SerialPortInfo.List(), StatusJson.Lines.SerialPortInfo, mailbox), cancellationToken),
        var other => throw CommandException.Usage($"'{other}' is nothing to scan: write modbus, i2c, gpio, onewire, sysfs or serial"),
    };

    private static void AddAll<T>(IReadOnlyList<T> found, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, ScanMailbox mailbox)
    {
        foreach (var find in found)
        {
            mailbox.Add(find, type);
        }

        if (found.Count == 0)
        {
            throw CommandException.Failed("nothing of that kind is on this machine");
        }
    }

    private static void ScanI2c(string? bus, ScanMailbox mailbox, CancellationToken cancellationToken)
    {
        const int Addresses = I2cScanner.Last - I2cScanner.First + 1;
        var adapters = bus is { Length: > 0 } ? [bus] : I2cAdapterInfo.List().Select(adapter => adapter.Number.ToString(CultureInfo.InvariantCulture)).ToList();
        if (adapters.Count == 0)
        {
            throw CommandException.Failed("there is no I2C adapter: on a Raspberry Pi switch it on with 'raspi-config nonint do_i2c 0', elsewhere try 'modprobe i2c-dev'");
        }

        var found = new List<I2cScanFind>();
        ScanI2cCommand.Scan(
            adapters,
            asksByCommands: false,
            found,
            (adapter, address) => mailbox.Tell((adapters.IndexOf(adapter) * Addresses) + address - I2cScanner.First, adapters.Count * Addresses, $"i2c {adapter}, 0x{address:x2}"),
            cancellationToken);
        AddAll(found, StatusJson.Lines.I2cScanFind, mailbox);
    }
}
