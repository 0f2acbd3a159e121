using System.Buffers;

namespace Gateway.Mqtt.Client;

/// <summary>
/// Two buffers: packets gather in one while the other is being written, so that each write takes all that is pending. Not
/// thread-safe; at most one taken buffer at a time.
/// </summary>
internal sealed class OutputBuffer : IBufferWriter<byte>
{
    /// <summary>From here on messages wait, bytes.</summary>
    private const int FullLength = 64 * 1024;

    /// <summary>A buffer that had to grow beyond this for one large message is not kept, bytes.</summary>
    private const int KeptLength = 4 * FullLength;
    private const int InitialLength = 1024;

    private byte[] _gathering = new byte[InitialLength];
    private byte[] _writing = new byte[InitialLength];

    public int Length { get; private set; }

    public bool IsFull => Length >= FullLength;

    /// <summary>All that has gathered; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        if (_writing.Length > KeptLength)
        {
            _writing = new byte[InitialLength];
        }

        (_gathering, _writing) = (_writing, _gathering);
        var taken = _writing.AsMemory(0, Length);
        Length = 0;
        return taken;
    }

    public void Clear() => Length = 0;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _gathering.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _gathering.AsSpan(Length);
    }

    private void Reserve(int count)
    {
        var needed = Length + Math.Max(count, 1);
        if (needed > _gathering.Length)
        {
            Array.Resize(ref _gathering, Math.Max(needed, Math.Min(_gathering.Length * 2, Array.MaxLength)));
        }
    }
}
