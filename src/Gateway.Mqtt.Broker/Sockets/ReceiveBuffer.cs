using System.Buffers;
using System.Runtime.InteropServices;
using Gateway.Mqtt.Broker.Sockets.Interop;

namespace Gateway.Mqtt.Broker.Sockets;

/// <summary>
/// Where all sockets of a loop receive, one after the other: only the beginning of a packet whose rest has not come
/// is kept for a socket, in memory that is rented as long as there is one. Not thread-safe.
/// </summary>
internal sealed class ReceiveBuffer
{
    /// <summary>What one socket may give at a time, bytes: none keeps the others waiting longer.</summary>
    public const int Share = 64 * 1024;

    private const int LongestCopied = 16 * 1024;

    private readonly byte[] _shared = GC.AllocateUninitializedArray<byte>(LongestCopied + Share, pinned: true);

    /// <summary>What is there and was not consumed.</summary>
    public ReadOnlySequence<byte> Bytes { get; private set; }

    /// <summary>Receives behind the rest that was kept for the socket.</summary>
    /// <inheritdoc cref="SocketDescriptor.Receive"/>
    public int Receive(SocketDescriptor socket, ref ArraySegment<byte> rest, out bool isLost)
    {
        var array = _shared;
        if (rest.Count <= LongestCopied)
        {
            rest.AsSpan().CopyTo(array);
        }
        else
        {
            // A long packet grows where it is kept, as its bytes come.
            if (rest.Array!.Length - rest.Count < Share / 4)
            {
                Move(ref rest, rest, rest.Count * 2);
            }

            array = rest.Array!;
        }

        var count = socket.Receive(array.AsSpan(rest.Count, Math.Min(Share, array.Length - rest.Count)), out isLost);
        Bytes = new ReadOnlySequence<byte>(array, 0, rest.Count + Math.Max(count, 0));
        return count;
    }

    /// <summary>Receives bytes that nobody wants.</summary>
    /// <inheritdoc cref="SocketDescriptor.Receive"/>
    public int Discard(SocketDescriptor socket, out bool isLost) => socket.Receive(_shared, out isLost);

    /// <summary>Takes up what was kept for the socket.</summary>
    public void Recall(ArraySegment<byte> rest) => Bytes = new ReadOnlySequence<byte>(rest);

    public void Consume(SequencePosition end) => Bytes = Bytes.Slice(end);

    /// <summary>Keeps for the socket what was not consumed.</summary>
    public void Keep(ref ArraySegment<byte> rest)
    {
        SequenceMarshal.TryGetArray(Bytes, out var left);
        if (left.Count == 0)
        {
            Release(ref rest);
        }
        else if (left.Array == rest.Array && left.Offset == 0)
        {
            rest = left;
        }
        else
        {
            Move(ref rest, left, left.Count);
        }
    }

    public static void Release(ref ArraySegment<byte> rest)
    {
        if (rest.Array is { Length: > 0 } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        rest = default;
    }

    private static void Move(ref ArraySegment<byte> rest, ArraySegment<byte> bytes, int capacity)
    {
        var array = ArrayPool<byte>.Shared.Rent(capacity);
        bytes.AsSpan().CopyTo(array);
        Release(ref rest);
        rest = new ArraySegment<byte>(array, 0, bytes.Count);
    }
}
