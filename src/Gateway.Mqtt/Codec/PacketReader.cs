using System.Buffers;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Codec;

/// <summary>
/// Cuts received bytes into packets. A packet that lies in one segment is framed where it lies; one that crosses segments
/// is copied into a rented array, which <see cref="Dispose"/> gives back. The fixed header and the size limit are checked
/// as soon as the header is there, before the body is waited for.
/// </summary>
public ref struct PacketReader
{
    private readonly uint _maximumPacketSize;
    private ReadOnlySequence<byte> _rest;
    private ReadOnlySpan<byte> _segment;
    private int _offset;
    private long _consumedSegments;
    private byte[]? _scratch;

    /// <param name="buffer">Bytes from a packet's first on; they outlive the reader.</param>
    /// <param name="version">The connection's version; for the first packet of a connection, any.</param>
    /// <param name="maximumPacketSize">The longest packet to accept, fixed header included, bytes.</param>
    public PacketReader(in ReadOnlySequence<byte> buffer, ProtocolVersion version, uint maximumPacketSize = uint.MaxValue)
    {
        _rest = buffer;
        _segment = buffer.FirstSpan;
        _maximumPacketSize = maximumPacketSize;
        Version = version;
    }

    /// <inheritdoc cref="PacketReader(in ReadOnlySequence{byte}, ProtocolVersion, uint)"/>
    public PacketReader(ReadOnlySpan<byte> buffer, ProtocolVersion version, uint maximumPacketSize = uint.MaxValue)
    {
        _segment = buffer;
        _maximumPacketSize = maximumPacketSize;
        Version = version;
    }

    /// <summary>The version by whose rules headers are checked; a server sets it after CONNECT.</summary>
    public ProtocolVersion Version { get; set; }

    /// <summary>Why <see cref="Read"/> answered malformed.</summary>
    public DecodeError Error { get; private set; }

    /// <summary>Bytes of the packets read so far.</summary>
    public readonly long BytesConsumed => _consumedSegments + _offset;

    /// <summary>The position after the last packet read; for a reader over a sequence.</summary>
    public readonly SequencePosition Consumed => _rest.GetPosition(_offset);

    /// <summary>Frames the next packet.</summary>
    /// <param name="frame">The packet, when complete.</param>
    /// <returns>Incomplete consumes nothing; after malformed, do not read again.</returns>
    public DecodeStatus Read(out PacketFrame frame)
    {
        frame = default;
        var available = _segment[_offset..];
        var status = FixedHeader.TryRead(available, Version, _maximumPacketSize, out var header, out var error);
        if (status == DecodeStatus.Complete && header.PacketLength <= available.Length)
        {
            frame = new PacketFrame(header, available.Slice(header.Length, header.RemainingLength));
            _offset += header.PacketLength;
            return DecodeStatus.Complete;
        }

        if (status != DecodeStatus.Malformed)
        {
            return ReadAcrossSegments(out frame);
        }

        Error = error;
        return DecodeStatus.Malformed;
    }

    /// <summary>Returns the rented array, if there is one. The last frame is invalid afterwards.</summary>
    public void Dispose()
    {
        if (_scratch is not null)
        {
            ArrayPool<byte>.Shared.Return(_scratch);
            _scratch = null;
        }
    }

    private DecodeStatus ReadAcrossSegments(out PacketFrame frame)
    {
        frame = default;
        if (_rest.IsSingleSegment || _rest.IsEmpty)
        {
            return DecodeStatus.Incomplete;
        }

        _rest = _rest.Slice(_offset);
        _consumedSegments += _offset;
        _offset = 0;
        _segment = _rest.FirstSpan;

        Span<byte> start = stackalloc byte[FixedHeader.MaximumLength];
        var known = (int)Math.Min(start.Length, _rest.Length);
        _rest.Slice(0, known).CopyTo(start);
        var status = FixedHeader.TryRead(start[..known], Version, _maximumPacketSize, out var header, out var error);
        Error = error;
        if (status != DecodeStatus.Complete)
        {
            return status;
        }

        if (_rest.Length < header.PacketLength)
        {
            return DecodeStatus.Incomplete;
        }

        frame = new PacketFrame(header, Linearize(_rest.Slice(header.Length, header.RemainingLength)));
        _rest = _rest.Slice(header.PacketLength);
        _segment = _rest.FirstSpan;
        _consumedSegments += header.PacketLength;
        return DecodeStatus.Complete;
    }

    private ReadOnlySpan<byte> Linearize(ReadOnlySequence<byte> body)
    {
        if (body.IsSingleSegment)
        {
            return body.FirstSpan;
        }

        Dispose();
        var length = (int)body.Length;
        _scratch = ArrayPool<byte>.Shared.Rent(length);
        body.CopyTo(_scratch);
        return _scratch.AsSpan(0, length);
    }
}
