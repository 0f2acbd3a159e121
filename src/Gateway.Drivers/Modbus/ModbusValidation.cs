using System.Globalization;
using Gateway.Abstractions.Definitions;
using Gateway.Drivers.Modbus.SunSpec;
using Gateway.Drivers.Serial;
using Gateway.Drivers.Simulated;
using Gateway.Modbus.Pdu;

namespace Gateway.Drivers.Modbus;

/// <summary>What the schema alone cannot find in a Modbus map.</summary>
internal static class ModbusValidation
{
    private static readonly string[] CertificateKeys = ["ca", "certificate", "key"];

    public static void Validate(BusDefinition bus, ICollection<Diagnostic> diagnostics)
    {
        var transport = ModbusTransport.Of(bus.Settings);
        if (transport == ModbusTransport.Rtu && bus.Settings.Get<long>("data-bits") != 8)
        {
            diagnostics.Add(Diagnostic.Error(bus.Settings.Locate("data-bits"), "Modbus RTU needs 8 data bits; 7 are for Modbus ASCII"));
        }

        if (ModbusTransport.IsSerialPort(transport))
        {
            SerialLineKeys.Validate(bus.Settings, "port", diagnostics);
        }

        if (transport == ModbusTransport.Tls)
        {
            ValidateFiles(bus.Settings, diagnostics);
        }

        if (ModbusBusSchema.InFlightOf(bus.Settings) > 1 && bus.Settings.Get<TimeSpan>("pause") > TimeSpan.Zero)
        {
            diagnostics.Add(Diagnostic.Error(
                bus.Settings.Locate(ModbusBusSchema.InFlight), "several requests at once leave no pause between them; take out 'pause' or 'in-flight'"));
        }

        var writes = new WriteOverlaps();
        foreach (var device in bus.Devices)
        {
            if (ModbusTransport.HasSerialUnits(transport))
            {
                ValidateSerialUnit(device, diagnostics);
            }

            writes.Add(device, [.. device.Points.Select(point => Validate(device, point, diagnostics)).OfType<ModbusPoint>()], diagnostics);
        }
    }

    private static void ValidateFiles(Settings bus, ICollection<Diagnostic> diagnostics)
    {
        foreach (var key in CertificateKeys.Where(key => !bus.Get<string>(key).StartsWith('/')))
        {
            diagnostics.Add(Diagnostic.Error(bus.Locate(key), $"'{bus.Get<string>(key)}' is no whole path: write it from / on, such as /etc/gateway/{key}.pem"));
        }
    }

    private static void ValidateSerialUnit(DeviceDefinition device, ICollection<Diagnostic> diagnostics)
    {
        var unit = device.Settings.Get<long>("unit");
        if (unit == 0)
        {
            diagnostics.Add(Diagnostic.Error(
                device.Settings.Locate("unit"), $"unit 0 is the broadcast, which no device answers; on a serial line 1 to {ModbusLimits.MaxSerialUnitId} are allowed"));
        }
        else if (unit > ModbusLimits.MaxSerialUnitId)
        {
            diagnostics.Add(Diagnostic.Warning(
                device.Settings.Locate("unit"), $"unit {unit} is reserved by the standard, which has 1 to {ModbusLimits.MaxSerialUnitId} on a serial line; few devices use it all the same"));
        }
    }

    private static ModbusPoint? Validate(DeviceDefinition device, PointDefinition point, ICollection<Diagnostic> diagnostics)
    {
        if (decimal.TryParse(point.Unit, NumberStyles.Number, CultureInfo.InvariantCulture, out _))
        {
            diagnostics.Add(Diagnostic.Error(
                point.Settings.Locate("unit"), $"'unit: {point.Unit}' on a point is the unit of measurement; the Modbus unit id belongs to the device"));
        }

        PointWaveform.Validate(point, diagnostics);
        var maxRegisters = device.Settings.Get<long>("max-registers");
        var located = ModbusPointParser.Parse(point, diagnostics);
        if (located is null || located.Range.Table.HoldsBits())
        {
            return located;
        }

        var count = point.Settings.IsWritten(SunSpecPointParser.Key) ? located.Place.Count : located.Range.Count;
        if (count > maxRegisters)
        {
            var whole = count == located.Place.Count ? "" : " with its scale factor";
            diagnostics.Add(Diagnostic.Error(
                point.Location, $"{point.Name}{whole} takes {ModbusPointParser.Count(count)}, more than the device's 'max-registers: {maxRegisters}'"));
        }

        return located;
    }
}
