namespace Gateway.Drivers.Serial.Framing;

/// <summary>
/// A cyclic redundancy check of 8 to 32 bits by the parameters of Williams' model, which catalogues of CRCs give.
/// Immutable, thread-safe.
/// </summary>
internal sealed class Crc
{
    private readonly uint[] _table = new uint[256];
    private readonly CrcParameters _parameters;
    private readonly uint _mask;

    public Crc(CrcParameters parameters)
    {
        _parameters = parameters;
        _mask = parameters.Width == 32 ? uint.MaxValue : (1u << parameters.Width) - 1;
        var top = 1u << (parameters.Width - 1);
        for (var i = 0u; i < 256; i++)
        {
            var register = i << (parameters.Width - 8);
            for (var bit = 0; bit < 8; bit++)
            {
                register = (register & top) != 0 ? (register << 1) ^ parameters.Polynomial : register << 1;
            }

            _table[i] = register & _mask;
        }
    }

    /// <summary>The check of some bytes.</summary>
    public uint Compute(ReadOnlySpan<byte> bytes)
    {
        var width = _parameters.Width;
        var register = _parameters.Initial & _mask;
        foreach (var value in bytes)
        {
            var input = _parameters.ReflectsInput ? (byte)Reflect(value, 8) : value;
            register = ((register << 8) ^ _table[(byte)((register >> (width - 8)) ^ input)]) & _mask;
        }

        return (_parameters.ReflectsOutput ? Reflect(register, width) : register) ^ (_parameters.XorOut & _mask);
    }

    private static uint Reflect(uint value, int width)
    {
        var reflected = 0u;
        for (var bit = 0; bit < width; bit++)
        {
            reflected = (reflected << 1) | ((value >> bit) & 1);
        }

        return reflected;
    }
}

/// <summary>A CRC's parameters.</summary>
/// <param name="Width">Bits: 8, 16, 24 or 32.</param>
/// <param name="Polynomial">The polynomial without its highest term, highest power first.</param>
/// <param name="Initial">What the register begins with.</param>
/// <param name="ReflectsInput">Whether each byte is taken lowest bit first.</param>
/// <param name="ReflectsOutput">Whether the register is reflected at the end.</param>
/// <param name="XorOut">What is combined with it at the very end.</param>
internal sealed record CrcParameters(int Width, uint Polynomial, uint Initial, bool ReflectsInput, bool ReflectsOutput, uint XorOut);
