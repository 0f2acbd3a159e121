using System.Text;
using Gateway.Drivers.Simulated;
using Gateway.TestSupport;

namespace Gateway.Drivers.Tests.Simulated;

/// <summary>Recordings, damaged.</summary>
public sealed class ReplayFuzzTests
{
    private static readonly byte[][] Recordings =
    [
        .. ((string[])
        [
            "time,meter.power\n10,10\n11,20.5\n13,\n",
            "time,power\n2026-11-22T00:00:00Z,1\n2026-11-22T00:00:05Z,true\n",
            "power,time,label\r\n1e5,0,eco\r\n-2,999999999.5,\r\n",
            "time,a\n0001-01-01T00:00:00+14:00,1\n9999-12-31T23:59:59Z,2\n",
        ]).Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>It is a recording, or refused by a sentence that says where.</summary>
    [Fact]
    public void A_damaged_recording_is_read_or_refused()
    {
        var random = new Random(20261123);
        for (var round = 0; round < 20_000 * Fuzz.Factor; round++)
        {
            var text = Encoding.UTF8.GetString(Fuzz.Mutate(Recordings[random.Next(Recordings.Length)], random));
            try
            {
                Assert.NotEmpty(Replay.Read(new StringReader(text)).Columns);
            }
            catch (FormatException exception)
            {
                Assert.Matches("^(line [0-9]+ |there are no values|it has more)", exception.Message);
            }
        }
    }
}
