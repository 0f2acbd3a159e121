using System.Buffers;

namespace Gateway.Mqtt.Broker.Sessions;

/// <summary>
/// The bytes that wait to be written to one connection, in one piece. It holds memory only while there are any. A
/// transport takes the piece with <see cref="Detach(int)"/>, or sends from it where it lies and says so with
/// <see cref="Consume"/>. Not thread-safe.
/// </summary>
internal sealed class OutputBuffer : IBufferWriter<byte>
{
    private const int SmallestPiece = 512;
    private const int LargestFirstPiece = 64 * 1024;

    private byte[] _bytes = [];
    private int _start;
    private int _end;
    private int _firstPiece = SmallestPiece;

    public int Length => _end - _start;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(_start, Length);

    public void Advance(int count) => _end += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_end);
    }

    /// <summary>Takes up exactly <paramref name="count"/> bytes, for the caller to fill in.</summary>
    public Span<byte> Append(int count)
    {
        Reserve(count);
        var span = _bytes.AsSpan(_end, count);
        _end += count;
        return span;
    }

    /// <summary>Gives up the first bytes.</summary>
    public void Consume(int count)
    {
        if (count == Length)
        {
            Clear();
        }
        else
        {
            _start += count;
        }
    }

    /// <summary>Hands over what was written; the new owner returns it with <see cref="Release"/>.</summary>
    public ArraySegment<byte> Detach() => Detach(Length);

    /// <summary>Hands over the first <paramref name="count"/> bytes that were written, in the same way.</summary>
    public ArraySegment<byte> Detach(int count)
    {
        var piece = new ArraySegment<byte>(_bytes, _start, count);
        var rest = Written[count..];
        // A connection that is busy starts its next piece at the size which it needed last.
        _firstPiece = Math.Clamp(_end, SmallestPiece, LargestFirstPiece);
        _bytes = [];
        _start = 0;
        _end = 0;
        if (!rest.IsEmpty)
        {
            rest.CopyTo(Append(rest.Length));
        }

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
        if (_bytes.Length - _end >= count)
        {
            return;
        }

        var length = Length;
        if (_start >= length && _bytes.Length - length >= count)
        {
            // Half of it or more was sent.
            Written.CopyTo(_bytes);
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(length + count), Math.Max(_firstPiece, length * 2)));
            Written.CopyTo(larger);
            Release(_bytes);
            _bytes = larger;
        }

        _start = 0;
        _end = length;
    }
}
