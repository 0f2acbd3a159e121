namespace Gateway.Mqtt.Session;

/// <summary>SUBSCRIBE and UNSUBSCRIBE packets that wait for their answers, at most <see cref="Capacity"/>, under Packet
/// Identifiers above those of the messages.</summary>
internal sealed class RequestTable(int firstIdentifier)
{
    public const int Capacity = 64;

    private readonly (object? Request, bool IsSubscribe)[] _requests = new (object?, bool)[Capacity];
    private int _next;

    /// <summary>An unused identifier, the longest unused first; 0: the table is full.</summary>
    public ushort Add(object request, bool isSubscribe)
    {
        for (var i = 0; i < Capacity; i++)
        {
            var at = (_next + i) % Capacity;
            if (_requests[at].Request is null)
            {
                _requests[at] = (request, isSubscribe);
                _next = (at + 1) % Capacity;
                return (ushort)(firstIdentifier + at);
            }
        }

        return 0;
    }

    /// <summary>Takes the request of an answer; null: there is none of that kind.</summary>
    public object? Take(ushort packetIdentifier, bool isSubscribe)
    {
        var at = packetIdentifier - firstIdentifier;
        if (at is < 0 or >= Capacity || _requests[at].IsSubscribe != isSubscribe)
        {
            return null;
        }

        var request = _requests[at].Request;
        _requests[at] = default;
        return request;
    }

    /// <summary>Takes whatever waits.</summary>
    public List<object> TakeAll()
    {
        List<object> all = [.. from entry in _requests where entry.Request is not null select entry.Request];
        Array.Clear(_requests);
        return all;
    }
}
