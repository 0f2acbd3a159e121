using Gateway.Abstractions;
using Gateway.Abstractions.Drivers;
using Gateway.Modbus.Client;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Planning;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>
/// Carries out one write: reads what it needs to know before, writes all registers of the value at once, and reads it back where
/// the map asks for that. The line's owner makes one call at a time, so nothing comes between.
/// </summary>
internal static class ModbusWriter
{
    /// <summary>Writes a raw value to a writable point.</summary>
    public static async ValueTask<WriteOutcome> WriteAsync(
        ModbusLine line, ModbusDevice device, ModbusPoint point, PointValue value, CancellationToken cancellationToken)
    {
        var form = point.Write ?? throw new InvalidOperationException($"{point.Definition} is not writable.");
        var power = 0;
        if (point.ScaleRegister is { } register)
        {
            var range = new ReadRange(point.Place.Table, (ushort)register, 1);
            var scale = await line.ReadAsync(device, range, mayRepeat: true, cancellationToken);
            if (!scale.IsSuccess)
            {
                return Failed($"the scale register of {point.Definition} could not be read before it is written: ", scale);
            }

            if (!ModbusValue.TryGetPower(point, line.Registers[0], out power))
            {
                return new WriteOutcome($"the scale register of {point.Definition} holds no power of ten");
            }
        }

        if (point.Content == ModbusContent.Field && form.Function != ModbusWriteFunction.Mask)
        {
            // The register's other bits are the device's: read, change some, write back.
            var before = await line.ReadAsync(device, form.Place, mayRepeat: true, cancellationToken);
            if (!before.IsSuccess)
            {
                return Failed($"the register of {point.Definition} could not be read before its bit is written: ", before);
            }
        }

        if (Prepare(line, point, value, power) is { } error)
        {
            return new WriteOutcome(error);
        }

        var written = line.Registers[..form.Place.Count].ToArray();
        var bit = line.Bits[0];
        var answer = await line.WriteAsync(device, form.Place, form.Function, cancellationToken);
        if (!answer.IsSuccess)
        {
            return Failed("", answer);
        }

        return form.IsReadBack ? await ReadBackAsync(line, device, point, written, bit, cancellationToken) : WriteOutcome.Done;
    }

    private static string? Prepare(ModbusLine line, ModbusPoint point, PointValue value, int power)
    {
        if (point.Write!.Function == ModbusWriteFunction.Mask)
        {
            line.Registers[0] = 0;
            RegisterCodec.EncodeBits(~point.Field.Mask, point.Order, line.Registers[1..2]);
        }

        if (point.Content != ModbusContent.Bit)
        {
            return ModbusValue.Encode(point, value, power, line.Registers[..point.Place.Count]);
        }

        if (!ModbusValue.TryGetBit(value, out var bit))
        {
            return $"'{value}' is neither true nor false";
        }

        line.Bits[0] = bit;
        return null;
    }

    private static async ValueTask<WriteOutcome> ReadBackAsync(
        ModbusLine line, ModbusDevice device, ModbusPoint point, ushort[] written, bool bit, CancellationToken cancellationToken)
    {
        var answer = await line.ReadAsync(device, point.Place, mayRepeat: true, cancellationToken);
        if (!answer.IsSuccess)
        {
            return Failed("it was written, but could not be read back: ", answer);
        }

        if (point.Place.Table.HoldsBits())
        {
            return line.Bits[0] == bit ? WriteOutcome.Done : new WriteOutcome($"the device took it, but shows {(line.Bits[0] ? "true" : "false")} afterwards");
        }

        var plain = point with { Range = point.Place, ScaleRegister = null, Guard = null, NotAvailable = [] };
        var shown = ModbusValue.Decode(plain, line.Registers[..point.Place.Count]);
        return shown == ModbusValue.Decode(plain, written)
            ? WriteOutcome.Done
            : new WriteOutcome($"the device took it, but shows {(shown.Reason is null ? $"the raw value {shown.Value}" : shown.Reason)} afterwards");
    }

    private static WriteOutcome Failed(string what, in ModbusAnswer answer) => answer switch
    {
        { LineFault: { } fault } => new WriteOutcome($"{what}the bus failed ({fault})") { Failure = WriteFailure.BusFailed },
        { Result.Status: ModbusStatus.Exception } => new WriteOutcome($"{what}the device refused it with {answer.Result}") { Failure = FailureOf(answer.Result.ExceptionCode) },
        _ => new WriteOutcome($"{what}the device did not confirm it ({answer.Reason}); it may have been written all the same") { Failure = WriteFailure.NoAnswer },
    };

    // The device may hang behind a gateway of its own.
    private static WriteFailure FailureOf(ExceptionCode code) => code switch
    {
        ExceptionCode.ServerDeviceBusy => WriteFailure.Busy,
        ExceptionCode.GatewayTargetDeviceFailedToRespond => WriteFailure.NoAnswer,
        ExceptionCode.GatewayPathUnavailable => WriteFailure.BusFailed,
        _ => WriteFailure.Refused,
    };
}
