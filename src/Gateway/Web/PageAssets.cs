using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.Web;

/// <summary>
/// The files of the page, which are embedded under names that begin with <c>page/</c>: what is not among them is not served, whatever a path says.
/// A file <c>x.br</c> or <c>x.gz</c> is the compressed form of <c>x</c>. Immutable.
/// </summary>
internal sealed class PageAssets
{
    private const string Prefix = "page/";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8",
        [".json"] = "application/json",
        [".map"] = "application/json",
        [".webmanifest"] = "application/manifest+json",
        [".txt"] = "text/plain; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".webp"] = "image/webp",
        [".ico"] = "image/x-icon",
        [".woff2"] = "font/woff2",
    }.ToFrozenDictionary();

    // In the order in which they are preferred.
    private static readonly (string Ending, string Encoding)[] Compressions = [(".br", "br"), (".gz", "gzip")];

    private readonly FrozenDictionary<string, Asset> _assets;

    /// <param name="names">The names of the files, relative and with slashes.</param>
    /// <param name="open">Opens one.</param>
    public PageAssets(IEnumerable<string> names, Func<string, Stream> open)
    {
        var all = names.ToHashSet(StringComparer.Ordinal);
        var plain = all.Where(name => !Compressions.Any(compression => name.EndsWith(compression.Ending, StringComparison.Ordinal)));
        _assets = plain.ToFrozenDictionary(name => "/" + name, name => Asset.Create(name, all, open));
    }

    /// <summary>What is embedded in this program.</summary>
    public static PageAssets Embedded { get; } = OfAssembly(typeof(PageAssets).Assembly);

    /// <summary>Whether there is a file at a path; at <c>/</c> it is <c>index.html</c>.</summary>
    public bool Has(PathString path) => Find(path) is not null;

    /// <summary>Answers with the file at the request's path, or with 404.</summary>
    public Task ServeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (Find(request.Path) is not { } asset)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        response.Headers[HeaderNames.CacheControl] = "no-cache";
        response.Headers[HeaderNames.Vary] = HeaderNames.AcceptEncoding;
        var (encoding, content, tag) = asset.Choose(request.Headers.AcceptEncoding);
        response.Headers[HeaderNames.ETag] = tag;
        if (request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        if (encoding is not null)
        {
            response.Headers[HeaderNames.ContentEncoding] = encoding;
        }

        response.ContentType = asset.ContentType;
        response.ContentLength = content.Length;
        return HttpMethods.IsHead(request.Method) ? Task.CompletedTask : response.Body.WriteAsync(content, context.RequestAborted).AsTask();
    }

    private static PageAssets OfAssembly(Assembly assembly) => new(
        assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]),
        name => assembly.GetManifestResourceStream(Prefix + name)!);

    private Asset? Find(PathString path) => _assets.GetValueOrDefault(path.Value is null or "" or "/" ? "/index.html" : path.Value);

    /// <summary>A file and its compressed forms, the most wanted first and the plain one last.</summary>
    private sealed record Asset(string ContentType, IReadOnlyList<(string? Encoding, byte[] Content, string Tag)> Forms)
    {
        public static Asset Create(string name, HashSet<string> all, Func<string, Stream> open)
        {
            var forms = Compressions
                .Where(compression => all.Contains(name + compression.Ending))
                .Select(compression => Form(compression.Encoding, Read(name + compression.Ending, open)));
            return new Asset(ContentTypes.GetValueOrDefault(Path.GetExtension(name), "application/octet-stream"), [.. forms, Form(null, Read(name, open))]);
        }

        public (string? Encoding, byte[] Content, string Tag) Choose(StringValues acceptEncoding)
        {
            // What is refused is as good as not asked for; without weights the first of ours that is accepted is the smallest.
            var accepted = StringWithQualityHeaderValue.TryParseList(acceptEncoding, out var values)
                ? values.Where(value => value.Quality is not 0).Select(value => value.Value.ToString()).ToHashSet(StringComparer.OrdinalIgnoreCase)
                : [];
            return Forms.First(form => form.Encoding is null || accepted.Contains(form.Encoding));
        }

        private static (string? Encoding, byte[] Content, string Tag) Form(string? encoding, byte[] content) =>
            (encoding, content, $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12))}\"");

        private static byte[] Read(string name, Func<string, Stream> open)
        {
            using var stream = open(name);
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
    }
}
