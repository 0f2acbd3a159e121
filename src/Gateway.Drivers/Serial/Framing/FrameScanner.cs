namespace Gateway.Drivers.Serial.Framing;

/// <summary>Takes what a scanner finds. A frame's bytes are the scanner's: they are valid during the call.</summary>
internal interface IFrameSink
{
    /// <summary>A whole frame that is intact.</summary>
    void OnFrame(ReadOnlySpan<byte> frame);

    /// <summary>A frame that is damaged, or bytes that were too many for one.</summary>
    void OnDamaged();
}

/// <summary>
/// Finds frames in a stream of bytes that may begin anywhere, and holds no more than the longest frame. After a damaged
/// frame it looks for the next within its bytes: a false start costs no true frame. Not thread-safe.
/// </summary>
internal sealed class FrameScanner(FrameLayout layout)
{
    private readonly byte[] _buffer = new byte[layout.MaxLength];
    private int _count;
    private int _searched; // no end lies before this
    private bool _skips; // what comes belongs to something too long, up to its end

    /// <summary>Takes bytes as they come, split anywhere.</summary>
    public void Push(ReadOnlySpan<byte> bytes, IFrameSink sink)
    {
        foreach (var value in bytes)
        {
            _buffer[_count++] = value;
            Scan(sink);
            if (_count == _buffer.Length)
            {
                Overflow(sink);
            }
        }
    }

    /// <summary>Silence: what has come is a frame if a gap ends frames, and otherwise the beginning of one that broke off.</summary>
    public void Idle(IFrameSink sink)
    {
        if (layout.Gap is not null && !_skips && _count > 0 && _buffer.AsSpan(0, _count).StartsWith(layout.Start))
        {
            Deliver(_count, sink);
        }

        if (layout.IdleTime is not null)
        {
            Reset();
        }
    }

    /// <summary>Forgets what has come.</summary>
    public void Reset() => (_count, _searched, _skips) = (0, 0, false);

    private void Scan(IFrameSink sink)
    {
        while (_count > 0)
        {
            if (_skips)
            {
                if (!TrySkip())
                {
                    return;
                }

                continue;
            }

            Align();
            var length = FindLength();
            if (length is null || length > _count)
            {
                return;
            }

            if (length <= 0)
            {
                Drop(1); // no frame is as long as this one says: it is none
            }
            else if (!Deliver(length.Value, sink))
            {
                // A delimited frame without a start of its own cannot have another one in it.
                Drop(layout.Start.Length == 0 && layout.End.Length > 0 ? length.Value : 1);
            }
            else
            {
                Drop(length.Value);
            }
        }
    }

    private bool Deliver(int length, IFrameSink sink)
    {
        var frame = _buffer.AsSpan(0, length);
        if (layout.Check?.IsIntact(frame) == false)
        {
            sink.OnDamaged();
            return false;
        }

        sink.OnFrame(frame);
        return true;
    }

    // Drops what cannot be the beginning of a frame.
    private void Align()
    {
        var start = layout.Start.AsSpan();
        for (var i = 0; !start.IsEmpty && i < _count; i++)
        {
            var rest = _buffer.AsSpan(i, _count - i);
            if (rest.Length >= start.Length ? rest.StartsWith(start) : start.StartsWith(rest))
            {
                Drop(i);
                return;
            }
        }

        if (!start.IsEmpty)
        {
            Drop(_count);
        }
    }

    /// <summary>The length of the frame that the buffer begins with; null: not known yet; 0: it is none.</summary>
    private int? FindLength()
    {
        if (layout.Gap is not null || _count < layout.Start.Length)
        {
            return null;
        }

        if (layout.Length is { } length)
        {
            return length;
        }

        if (layout.Counted is { } counted)
        {
            return counted.Read(_buffer.AsSpan(0, _count)) is not { } said ? null
                : said < counted.At + counted.Size || said > layout.MaxLength ? 0
                : said;
        }

        return FindEnd();
    }

    private int? FindEnd()
    {
        var from = Math.Max(_searched, layout.Start.Length);
        if (from > _count)
        {
            return null;
        }

        var at = _buffer.AsSpan(from, _count - from).IndexOf(layout.End);
        if (at < 0)
        {
            _searched = Math.Max(0, _count - layout.End.Length + 1);
            return null;
        }

        var end = from + at + layout.End.Length;
        if (layout.Closing is not { } closing)
        {
            return end;
        }

        var closed = _buffer.AsSpan(end, _count - end).IndexOf(closing);
        return closed < 0 ? null : end + closed + 1;
    }

    private void Overflow(IFrameSink sink)
    {
        sink.OnDamaged();
        if (layout.Start.Length > 0)
        {
            Drop(1);
            Align();
        }
        else if (layout.End.Length > 0)
        {
            // A part of the end may be there already.
            _skips = true;
            Drop(_count - layout.End.Length + 1);
        }
        else
        {
            Drop(_count);
            _skips = layout.Gap is not null;
        }
    }

    // True: what is to be skipped has ended.
    private bool TrySkip()
    {
        var at = layout.End.Length == 0 ? -1 : _buffer.AsSpan(0, _count).IndexOf(layout.End);
        if (at >= 0)
        {
            Drop(at + layout.End.Length);
            _skips = false;
            return true;
        }

        Drop(Math.Max(0, _count - Math.Max(0, layout.End.Length - 1)));
        return false;
    }

    private void Drop(int count)
    {
        if (count > 0)
        {
            _buffer.AsSpan(count, _count - count).CopyTo(_buffer);
            _count -= count;
            _searched = 0;
        }
    }
}
