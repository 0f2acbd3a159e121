using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;

namespace Gateway.Web;

/// <summary>What the API's answers and requests have in common.</summary>
internal static class ApiAnswer
{
    private const string Json = "application/json";

    /// <summary>Answers with a document.</summary>
    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = Json;
        return JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    /// <summary>Answers that a request is not carried out.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="sentence">Why, and what to do.</param>
    /// <param name="wait">How long to wait before the next try; null: that does not matter.</param>
    public static Task RefuseAsync(HttpContext context, int status, string sentence, TimeSpan? wait = null)
    {
        context.Response.StatusCode = status;
        if (wait is { } pause)
        {
            context.Response.Headers[HeaderNames.RetryAfter] = Math.Ceiling(pause.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return WriteAsync(context, new Refusal(sentence), StatusJson.Readable.Refusal);
    }

    /// <summary>Reads the document that a request brings; null if it is none, which is answered.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        // Forms of pages elsewhere cannot have this type without asking first.
        if (!context.Request.HasJsonContentType())
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, $"send JSON, with the content type {Json}");
            return null;
        }

        try
        {
            if (await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) is { } document)
            {
                return document;
            }
        }
        catch (JsonException)
        {
            // Refused below.
        }

        await RefuseAsync(context, StatusCodes.Status400BadRequest, "this is not the JSON that is expected here");
        return null;
    }
}
