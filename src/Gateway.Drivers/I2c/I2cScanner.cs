using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.I2c;

/// <summary>A chip that answered a scan.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsKernels">Whether a driver of the kernel has it, so that it was not asked.</param>
/// <param name="Recognised">Which of the gateway's sensors it is, by its id; null: it has none that is known.</param>
/// <param name="Candidates">Which of the gateway's sensors it may be.</param>
/// <param name="Description">What it is, or may be, in words.</param>
public sealed record I2cFind(int Address, bool IsKernels, string? Recognised, IReadOnlyList<string> Candidates, string Description);

/// <summary>
/// Finds chips on an I2C bus: reads one byte at each address, and the id where chips with one are usual, whose register's number is
/// all that it writes. A chip that takes that for data, as a multiplexer does, gets back what it had.
/// </summary>
/// <param name="bus">The adapter. The caller's thread is its owner meanwhile.</param>
/// <param name="asksByCommands">
/// Whether, where nobody acknowledges a read, a few commands are sent that chips without registers answer, see <see cref="CommandRead"/>.
/// </param>
public sealed class I2cScanner(II2cBus bus, bool asksByCommands = false)
{
    /// <summary>The addresses that are asked: the others are reserved. I²C-bus specification (UM10204) §3.1.12.</summary>
    public const int First = 0x08;

    /// <summary>The last of them.</summary>
    public const int Last = 0x77;

    private const int MaxTimeouts = 3;

    /// <summary>Asks one address after the other.</summary>
    /// <param name="progress">Is told each address before it is asked.</param>
    /// <param name="cancellationToken">Ends the scan; what was found is returned.</param>
    /// <exception cref="BusException">The bus is gone or stuck, or cannot read.</exception>
    public IReadOnlyList<I2cFind> Scan(Action<int> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var found = new List<I2cFind>();
        var timeouts = 0;
        for (var address = First; address <= Last && !cancellationToken.IsCancellationRequested; address++)
        {
            progress(address);
            try
            {
                var first = new byte[1];
                bus.Transfer(address, [], first);
                timeouts = 0;
                found.Add(Describe(address, first[0]));
            }
            catch (BusException fault) when (fault.Reason == BusReasons.Busy)
            {
                found.Add(new I2cFind(address, IsKernels: true, null, [], "a driver of the kernel has it: read it by 'sysfs'"));
            }
            catch (BusException fault) when (fault.Reason == BusReasons.NoAck)
            {
                timeouts = 0;
                if (AskByCommands(address) is { } find)
                {
                    found.Add(find);
                }
            }
            catch (BusException fault) when (!fault.IsBusFault && fault.Reason != BusReasons.NotSupported)
            {
                timeouts = fault.Reason == BusReasons.Timeout ? timeouts + 1 : 0;
                if (timeouts == MaxTimeouts)
                {
                    throw new BusException(
                        BusReasons.BusStuck, "Nothing is over in time: a line of the bus is held down, or has no pull-up resistor; look at the wires.", isBusFault: true);
                }
            }
        }

        return found;
    }

    private I2cFind? AskByCommands(int address)
    {
        if (!asksByCommands)
        {
            return null;
        }

        var port = new I2cPort(bus, address);
        if (CommandRead.At(address).FirstOrDefault(command => command.IsAnswered(port)) is not { } answered)
        {
            return null;
        }

        return answered.Sensor is { } sensor
            ? new I2cFind(address, IsKernels: false, sensor, [sensor], I2cSensors.All[sensor].Description)
            : new I2cFind(address, IsKernels: false, null, [.. answered.Chips.Where(I2cSensors.All.ContainsKey)], $"perhaps {string.Join(", ", answered.Chips)}");
    }

    private I2cFind Describe(int address, byte first)
    {
        var port = new I2cPort(bus, address);
        var candidates = I2cSensors.All.Values.Where(type => type.Addresses.Contains(address)).ToList();
        var recognised = candidates.FirstOrDefault(type => type.RecognisedAt.Contains(address) && Recognises(type, port));
        if (recognised is not null)
        {
            return new I2cFind(address, IsKernels: false, recognised.Name, [recognised.Name], recognised.Description);
        }

        GiveBack(port, first);
        var possible = candidates.Where(type => type.Recognise is null || !type.RecognisedAt.Contains(address)).ToList();
        var words = possible.Select(type => type.Name).Concat(CommonChips.At(address)).ToList();
        return new I2cFind(
            address, IsKernels: false, null, [.. possible.Select(type => type.Name)], words.Count == 0 ? "unknown" : $"perhaps {string.Join(", ", words)}");
    }

    // The number of a register is not what a chip of registers gives next; a byte that it took for data is.
    private static void GiveBack(I2cPort port, byte first)
    {
        if (port.LastSent is not { } sent || sent == first)
        {
            return;
        }

        try
        {
            if (port.Read(1)[0] == sent)
            {
                port.Write(first);
            }
        }
        catch (BusException fault) when (!fault.IsBusFault)
        {
            // It does not tell.
        }
    }

    private static bool Recognises(I2cChipType type, I2cPort port)
    {
        try
        {
            return type.Recognise?.Invoke(port) ?? false;
        }
        catch (BusException fault) when (!fault.IsBusFault)
        {
            return false; // It does not like to be asked so: it is another.
        }
    }
}
