using System.Xml.Linq;
using Gateway.Web;

namespace Gateway.Tests.Web;

public sealed class StatusPageTests
{
    [Fact]
    public void SaysWhatThereIs()
    {
        var text = TextOf(StatusPage.Render(Statuses.Plant, Statuses.Now));

        Assert.Contains("plant1", text, StringComparison.Ordinal);
        Assert.Contains("mqtt://broker.example:1883: away since 3 min: connection refused", text, StringComparison.Ordinal);
        Assert.Contains("12 readings wait (4.1 kB on disk, the oldest since 3 min, 2 dropped)", text, StringComparison.Ordinal);
        Assert.Contains("37.5 % busy, 100 reads answered, 2 not answered, 0 left out, 0.3 ms (median), 4 ms (p99), 31.5 ms (most) late; errors: 12 timeout, 3 crc", text, StringComparison.Ordinal);
        Assert.Contains("21.5 °C", text, StringComparison.Ordinal);
        Assert.Contains("offline: timeout", text, StringComparison.Ordinal);
        Assert.Contains("not read yet", text, StringComparison.Ordinal);
        Assert.DoesNotContain("not valid", text, StringComparison.Ordinal);
    }

    [Fact]
    public void SaysEveryProblem()
    {
        var status = Statuses.Plant with { Problems = ["boiler.yaml:3:5: error: unknown key 'adress'", "gateway.yaml:1:1: error: x"] };

        var text = TextOf(StatusPage.Render(status, Statuses.Now));

        Assert.All(status.Problems, problem => Assert.Contains(problem, text, StringComparison.Ordinal));
    }

    [Fact]
    public void EscapesAllThatComesFromOutside()
    {
        const string Evil = "<script>alert('x')</script>\"&";
        var point = Statuses.Plant.Buses[0].Devices[0].Points[0] with { Name = Evil, Value = Evil, Unit = Evil, Quality = Evil, Reason = Evil };
        var device = Statuses.Plant.Buses[0].Devices[1] with { Name = Evil, Reason = Evil, Points = [point] };
        var status = Statuses.Plant with
        {
            Site = Evil,
            Version = Evil,
            Problems = [Evil],
            Uplink = Statuses.Plant.Uplink! with { Url = Evil, Reason = Evil },
            Queue = Statuses.Plant.Queue with { Problem = Evil },
            Broker = new([Evil], 0),
            Buses = [Statuses.Plant.Buses[0] with { Name = Evil, Devices = [device] }],
        };

        var page = StatusPage.Render(status, Statuses.Now);

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("'x'", page, StringComparison.Ordinal);
    }

    // Void elements apart the page is well-formed XML, which shows that no text breaks out of its element.
    private static string TextOf(string page)
    {
        var document = XDocument.Parse(page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)
            .Replace("<meta charset=\"utf-8\">", "", StringComparison.Ordinal)
            .Replace("\">\n<", "\"/>\n<", StringComparison.Ordinal)
            .Replace("<html lang=\"en\"/>", "<html lang=\"en\">", StringComparison.Ordinal)
            .Replace("role=\"alert\"/>", "role=\"alert\">", StringComparison.Ordinal));
        return document.Root!.Value;
    }
}
