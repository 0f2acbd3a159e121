using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Gateway.Runtime;

namespace Gateway.Web;

/// <summary>The page: one snapshot of the status as HTML that renews itself. All that comes from outside is escaped.</summary>
internal static class StatusPage
{
    private const int RefreshSeconds = 2;

    /// <summary>The whole document.</summary>
    public static string Render(GatewayStatus status, DateTimeOffset now)
    {
        var page = new StringBuilder(4096);
        page.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="refresh" content="{RefreshSeconds}">
            <title>{Escape(status.Site)} – Gateway</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="/page.css">
            </head>
            <body>
            <header><h1>{Escape(status.Site)}</h1><p>Gateway {Escape(status.Version)}, running since {StatusText.Age(status.Started, now)}</p></header>
            <main>

            """);
        AppendProblems(page, status.Problems);
        AppendConnections(page, status, now);
        foreach (var bus in status.Buses)
        {
            AppendBus(page, bus, now);
        }

        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void AppendProblems(StringBuilder page, IReadOnlyList<string> problems)
    {
        if (problems.Count == 0)
        {
            return;
        }

        page.Append("<section class=\"problems\" role=\"alert\"><h2>The configuration is not valid</h2>\n<p>Mend the files; the gateway notices by itself.</p>\n<ul>\n");
        foreach (var problem in problems)
        {
            page.Append("<li>").Append(Escape(problem)).Append("</li>\n");
        }

        page.Append("</ul></section>\n");
    }

    private static void AppendConnections(StringBuilder page, GatewayStatus status, DateTimeOffset now)
    {
        page.Append("<section><h2>Connections</h2>\n<dl>\n");
        AppendTerm(page, "Uplink", status.Uplink is { } uplink ? $"{uplink.Url}: {StatusText.Describe(uplink, now)}" : "none: the local broker is all there is");
        if (status.Uplink is { } counted)
        {
            AppendTerm(page, "Acknowledged", string.Create(CultureInfo.InvariantCulture, $"{counted.Published} messages, {counted.Refused} refused"));
        }

        AppendTerm(page, "Queue", StatusText.Describe(status.Queue, now));
        if (status.MemoryProblem is { } trouble)
        {
            AppendTerm(page, "Memory", StatusText.DescribeMemory(trouble));
        }

        if (status.Bridge is { } bridge)
        {
            AppendTerm(page, "Bridge", $"{bridge.Connection.Url}: {StatusText.Describe(bridge.Connection, now)}; {StatusText.DescribeCounts(bridge)}");
            AppendTerm(page, "Bridge queue", StatusText.Describe(bridge.Queue, now, "message"));
        }

        AppendTerm(page, "Local broker", status.Broker.Listeners.Count == 0 ? "no listener" : string.Join(", ", status.Broker.Listeners));
        AppendTerm(page, "Clients", status.Broker.Clients.ToString(CultureInfo.InvariantCulture));
        if (status.Suppressed > 0)
        {
            AppendTerm(page, "Implausible", string.Create(CultureInfo.InvariantCulture, $"{status.Suppressed} values suppressed"));
        }

        page.Append("</dl></section>\n");
    }

    private static void AppendTerm(StringBuilder page, string term, string description) =>
        page.Append("<dt>").Append(Escape(term)).Append("</dt><dd>").Append(Escape(description)).Append("</dd>\n");

    private static void AppendBus(StringBuilder page, BusStatus bus, DateTimeOffset now)
    {
        page.Append(CultureInfo.InvariantCulture, $"""
            <section><h2>{Escape(bus.Name)}</h2>
            <p>{StatusText.Percent(bus.Utilisation)} busy, {bus.Polls} reads answered, {bus.Failures} not answered, {bus.Missed} left out, {Escape(StatusText.Describe(bus.Lateness))} late; errors: {Escape(StatusText.DescribeErrors(bus.Errors))}</p>
            <table>
            <thead><tr><th scope="col">Point</th><th scope="col">Value</th><th scope="col">Quality</th><th scope="col">Age</th></tr></thead>

            """);
        foreach (var device in bus.Devices)
        {
            var state = device.IsOnline switch { true => "online", false => "offline", null => "unknown" };
            page.Append(CultureInfo.InvariantCulture, $"""
                <tbody>
                <tr class="device {state}"><th colspan="4" scope="rowgroup">{Escape(device.Name)} <small>{Escape(StatusText.Describe(device))}</small></th></tr>

                """);
            foreach (var point in device.Points)
            {
                var age = point.Time is { } time ? StatusText.Age(time, now) : "–";
                page.Append(CultureInfo.InvariantCulture, $"""
                    <tr class="{Escape(point.Quality ?? "unread")}"><th scope="row">{Escape(point.Name)}</th><td class="value">{Escape(StatusText.DescribeValue(point))}</td><td>{Escape(StatusText.DescribeQuality(point))}</td><td>{age}</td></tr>

                    """);
            }

            page.Append("</tbody>\n");
        }

        page.Append("</table></section>\n");
    }

    private static string Escape(string text) => HtmlEncoder.Default.Encode(text);
}
