using System.Globalization;
using Gateway.Web.Access;
using Gateway.Web.History;
using Gateway.Web.Live;

namespace Gateway.Web;

/// <summary>What the page asks for beside the status; see README.md in this folder.</summary>
internal static class DashboardApi
{
    private const int UsualLines = 200;

    /// <summary>Adds it to a server.</summary>
    /// <param name="application">The server.</param>
    /// <param name="dashboard">What is shown.</param>
    /// <param name="access">Who is let in there.</param>
    public static void Map(WebApplication application, Dashboard dashboard, PageAccess access)
    {
        access.Map(application);
        application.MapGet("/api/live", dashboard.Live.ServeAsync);
        application.MapGet("/api/log", context => WriteLogAsync(context, dashboard.Log));
        application.MapGet("/api/history", context => HistoryApi.ReadAsync(context, dashboard.Trends, dashboard.Source.Points));
        application.MapGet("/api/maps", async context =>
        {
            // The disk is read on a thread that may wait for it.
            var texts = await Task.Run(dashboard.Texts.Read, context.RequestAborted);
            await ApiAnswer.WriteAsync(context, texts, StatusJson.Lines.IReadOnlyListSourceDocument);
        });
        application.MapPost("/api/reload", async context =>
            await ApiAnswer.WriteAsync(context, await dashboard.Source.ReloadAsync(context.RequestAborted), StatusJson.Lines.ReloadOutcome));
        application.MapPost("/api/scan", dashboard.Scans.ScanAsync);
        application.MapPost("/api/probe", dashboard.Scans.ProbeAsync);
        application.MapGet("/api/setup", dashboard.Setup.ReadAsync);
        application.MapPost("/api/setup", dashboard.Setup.AnswerAsync);
    }

    private static Task WriteLogAsync(HttpContext context, LogRing log)
    {
        var asked = context.Request.Query["count"].ToString();
        var count = UsualLines;
        return asked.Length > 0 && (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count > LogRing.Capacity)
            ? ApiAnswer.RefuseAsync(context, StatusCodes.Status400BadRequest, $"'{asked}' is no count: write a number up to {LogRing.Capacity}")
            : ApiAnswer.WriteAsync(context, log.Read(count), StatusJson.Lines.IReadOnlyListLogLine);
    }
}
