using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Mqtt.Broker.Sessions;

namespace Gateway.Mqtt.Broker.Access;

/// <summary>Where a connection comes from: one IPv4 address, or the /64 of IPv6 that one machine is usually given whole.</summary>
internal readonly record struct ClientAddress(bool IsIPv6, ulong Prefix)
{
    /// <summary>Null for what has no IP address: sockets of this machine's file system, pipes.</summary>
    public static ClientAddress? Of(EndPoint? endPoint)
    {
        if (endPoint is not IPEndPoint { Address: var address })
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        address.TryWriteBytes(bytes, out _);
        return new ClientAddress(address.AddressFamily == AddressFamily.InterNetworkV6, MemoryMarshal.Read<ulong>(bytes));
    }
}

/// <summary>
/// What the broker remembers of the addresses that its clients come from: those that are connected, and of the others
/// as many as fit, the last to leave before the first. Not thread-safe.
/// </summary>
internal sealed class AddressTable(BrokerLimits limits, Deadlines deadlines)
{
    private const int MostAway = 10_000;

    private readonly Dictionary<ClientAddress, AddressRecord> _records = [];
    private readonly LinkedList<AddressRecord> _away = [];

    public int Count => _records.Count;

    /// <summary>A connection begins. Null when it has no address.</summary>
    /// <param name="endPoint">Where it comes from.</param>
    /// <param name="hasRoom">False when the address has as many connections as it may: then there is no further one.</param>
    public AddressRecord? Enter(EndPoint? endPoint, out bool hasRoom)
    {
        hasRoom = true;
        if (ClientAddress.Of(endPoint) is not { } address)
        {
            return null;
        }

        if (!_records.TryGetValue(address, out var record))
        {
            _records.Add(address, record = new AddressRecord(address, limits, deadlines));
        }
        else if (record.Connections >= limits.ConnectionsPerAddress)
        {
            hasRoom = false;
            return null;
        }

        if (record.Away is { } away)
        {
            _away.Remove(away);
            record.Away = null;
        }

        record.Connections++;
        return record;
    }

    /// <summary>A connection ended.</summary>
    public void Leave(AddressRecord? record)
    {
        if (record is null || --record.Connections > 0)
        {
            return;
        }

        record.Away = _away.AddLast(record);
        if (_away.Count > MostAway)
        {
            _records.Remove(_away.First!.Value.Address);
            _away.RemoveFirst();
        }
    }
}
