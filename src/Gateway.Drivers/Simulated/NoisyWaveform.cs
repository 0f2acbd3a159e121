using Gateway.Abstractions;

namespace Gateway.Drivers.Simulated;

/// <summary>Another waveform whose numbers are off by up to a share of themselves, another one every tenth of a second. Immutable.</summary>
/// <param name="clean">The other waveform.</param>
/// <param name="share">How far off at most, 0 to 1.</param>
/// <param name="seed">Two seeds are off differently.</param>
internal sealed class NoisyWaveform(Waveform clean, decimal share, uint seed) : Waveform
{
    private const int Decimals = 3;
    private const double PerSecond = 10;

    public override PointValue At(TimeSpan elapsed)
    {
        var value = clean.At(elapsed);
        if (!value.TryGetNumber(out var number))
        {
            return value;
        }

        var noise = (decimal)((2 * ValueNoise.At(Math.Floor(elapsed.TotalSeconds * PerSecond), seed)) - 1);
        return PointValue.From(decimal.Round(number * (1 + (share * noise)), Decimals));
    }
}
