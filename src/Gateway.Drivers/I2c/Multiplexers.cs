using Gateway.Abstractions.Buses;

namespace Gateway.Drivers.I2c;

/// <summary>
/// The multiplexers of one bus. At most one of them has a channel on, so that chips of one address on different channels never answer
/// together. Runs on the thread of the bus.
/// </summary>
/// <param name="bus">The adapter.</param>
/// <param name="addresses">Where they are; what their channels are at first is not known.</param>
internal sealed class Multiplexers(II2cBus bus, IEnumerable<int> addresses)
{
    private readonly HashSet<int> _on = [.. addresses];

    /// <summary>Gets to know further ones.</summary>
    public void Add(IEnumerable<int> addresses) => _on.UnionWith(addresses);

    /// <summary>Switches all channels off of some that are not needed any more: chips elsewhere may have the addresses of those behind them.</summary>
    public void Leave(IEnumerable<int> addresses)
    {
        foreach (var address in addresses.Where(_on.Contains))
        {
            SwitchOff(address);
        }
    }

    /// <summary>Switches a channel on, and those of all others off. It is said again for each transaction: a multiplexer that lost its supply has forgotten it.</summary>
    public void Select(MuxChannel channel)
    {
        SwitchOff(except: channel.Address);
        _on.Add(channel.Address);
        bus.Transfer(channel.Address, [(byte)(1 << channel.Channel)], []);
    }

    /// <summary>Switches all channels off, as the bus was found.</summary>
    public void SwitchOff(int? except = null)
    {
        foreach (var address in _on)
        {
            if (address != except)
            {
                SwitchOff(address);
            }
        }
    }

    private void SwitchOff(int address)
    {
        try
        {
            bus.Transfer(address, [0], []);
        }
        catch (BusException fault) when (fault.Reason == BusReasons.NoAck)
        {
            // It is not there, and its channels with it.
        }

        _on.Remove(address);
    }
}

/// <summary>A channel of a TCA9548A or PCA9548A.</summary>
/// <param name="Address">The multiplexer's address.</param>
/// <param name="Channel">0 to 7.</param>
internal readonly record struct MuxChannel(int Address, int Channel);
