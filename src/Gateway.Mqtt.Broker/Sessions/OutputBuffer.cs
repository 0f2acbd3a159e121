using System.Buffers;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// The bytes that wait to be written to one connection, in one piece. It holds memory only while there are any:
/// <see cref="Detach"/> hands the piece to the transport. Not thread-safe.
/// </summary>
internal sealed class OutputBuffer : IBufferWriter<byte>
{
    private const int SmallestPiece = 512;
    private const int LargestFirstPiece = 64 * 1024;

    private byte[] _bytes = [];
    private int _firstPiece = SmallestPiece;

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>Takes up exactly <paramref name="count"/> bytes, for the caller to fill in.</summary>
    public Span<byte> Append(int count)
    {
        Reserve(count);
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    /// <summary>Hands over what was written; the new owner returns it with <see cref="Release"/>.</summary>
    public ArraySegment<byte> Detach()
    {
        var piece = new ArraySegment<byte>(_bytes, 0, Length);
        // A connection that is busy starts its next piece at the size which it needed last.
        _firstPiece = Math.Clamp(Length, SmallestPiece, LargestFirstPiece);
        _bytes = [];
        Length = 0;
        return piece;
    }

    /// <summary>Gives up whatever was not detached.</summary>
    public void Clear() => Release(Detach());

    public static void Release(ArraySegment<byte> piece)
    {
        if (piece.Array is { Length: > 0 } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private void Reserve(int count)
    {
        count = Math.Max(count, 1);
        if (_bytes.Length - Length >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + count), Math.Max(_firstPiece, Length * 2)));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
