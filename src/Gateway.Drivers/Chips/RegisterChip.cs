using Gateway.Abstractions;
using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.Chips;

/// <summary>How registers are reached over a bus.</summary>
/// <typeparam name="TPort">The way to the chip.</typeparam>
internal interface IRegisterAccess<in TPort>
{
    /// <summary>Writes a register's number and its bytes.</summary>
    void Write(TPort port, ReadOnlySpan<byte> register, ReadOnlySpan<byte> value);

    /// <summary>Reads a register.</summary>
    void Read(TPort port, ReadOnlySpan<byte> register, Span<byte> value);

    /// <summary>Sends bytes that have no answer.</summary>
    void Send(TPort port, ReadOnlySpan<byte> bytes);

    /// <summary>Sends bytes, and takes the answer to them: after a wait, if the chip needs one.</summary>
    IEnumerable<TimeSpan> Ask(TPort port, byte[] sent, byte[] answer, TimeSpan wait);
}

/// <summary>A chip without a driver: what the map says of its registers is read as it says.</summary>
/// <typeparam name="TPort">The way to the chip.</typeparam>
/// <param name="device">What the map says.</param>
/// <param name="access">How registers are reached.</param>
internal sealed class RegisterChip<TPort>(RegisterDevice device, IRegisterAccess<TPort> access) : Chip<TPort>
{
    public override IEnumerable<TimeSpan> SetUp(TPort port)
    {
        if (device.Check is { } check)
        {
            if (!IsThere(port, check, out var found))
            {
                throw WrongChip.At("the one", $"register {check} holds {found} and should hold {RegisterWrite.Describe(check.Value)}");
            }
        }

        foreach (var write in device.SetUp)
        {
            if (write.IsCommand)
            {
                access.Send(port, write.Value);
            }
            else
            {
                access.Write(port, write.Register, write.Value);
            }

            yield return write.Wait;

            // At once, not after the last: a later write may be what hides the register, as of a chip with banks.
            if (write.IsReadBack && !IsThere(port, write, out var found))
            {
                throw new BusException(
                    ChipReasons.SetUpFailed,
                    $"Register {write} holds {found} after {RegisterWrite.Describe(write.Value)} was written to it; where it cannot be read back, or changes by itself, say 'read-back: false' in that entry of 'set-up'.");
            }
        }
    }

    public override IEnumerable<TimeSpan> Measure(TPort port, IReadOnlyList<int> asked, ChipValues values)
    {
        foreach (var index in asked)
        {
            var point = device.Points[index];
            var answer = new byte[point.AnswerLength];
            if (point.IsRegister && point.Wait == TimeSpan.Zero)
            {
                access.Read(port, point.Sent, answer);
            }
            else
            {
                foreach (var wait in access.Ask(port, point.Sent, answer, point.Wait))
                {
                    yield return wait;
                }
            }

            values.Set(index, point.Field.Decode(answer.AsSpan(point.At)));
        }
    }

    public override string? Write(TPort port, int field, PointValue value)
    {
        var point = device.Points[field];
        var bytes = new byte[point.AnswerLength];
        if (point.IsPart)
        {
            access.Read(port, point.Sent, bytes);
        }

        if (point.Field.Encode(point.Definition, value, bytes.AsSpan(point.At)) is { } refusal)
        {
            return refusal;
        }

        access.Write(port, point.Sent, bytes);
        return null;
    }

    private bool IsThere(TPort port, RegisterWrite expected, out string found)
    {
        var bytes = new byte[expected.Value.Length];
        access.Read(port, expected.Register, bytes);
        found = RegisterWrite.Describe(bytes);
        return bytes.AsSpan().SequenceEqual(expected.Value);
    }
}
