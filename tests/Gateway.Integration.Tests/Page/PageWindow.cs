using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Gateway.Integration.Tests.Page;

/// <summary>A window that shows the page, and all that the browser complained of in it.</summary>
internal sealed class PageWindow : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<IRequest> _requests = [];
    private readonly ConcurrentQueue<string> _complaints = [];

    public PageWindow(IBrowserContext context, IPage page, string address)
    {
        (_context, Page, Address) = (context, page, address);
        page.Request += (_, request) => _requests.Enqueue(request);
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            // A refusal that the page shows is reported as a failed resource, too.
            if (message.Type is "error" or "warning" && !message.Text.Contains("Failed to load resource", StringComparison.Ordinal))
            {
                _complaints.Enqueue(message.Text);
            }
        };
    }

    public IPage Page { get; }

    public string Address { get; }

    /// <summary>What went wrong: scripts that failed, content that the policy kept out.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Where it asked for something.</summary>
    public IEnumerable<Uri> Requested => _requests.Select(request => new Uri(request.Url));

    /// <summary>Goes to a view or a point by its address.</summary>
    public Task GoAsync(string hash) => Page.GotoAsync($"{Address}/{hash}");

    /// <summary>A point among the devices.</summary>
    public ILocator Point(string device, string point) =>
        Page.Locator(".device").Filter(new() { Has = Page.GetByRole(AriaRole.Heading, new() { Name = device, Exact = true }) })
            .Locator("a.point").Filter(new() { Has = Page.Locator($".name:text-is('{point}'), .name:has-text('{point} (writable)')") });

    /// <summary>What of the page came over the wire so far, bytes without headers.</summary>
    public async Task<int> TransferredAsync()
    {
        var sum = 0;
        foreach (var request in _requests.Where(request => !request.Url.Contains("/api/", StringComparison.Ordinal)))
        {
            sum += (await request.SizesAsync()).ResponseBodySize;
        }

        return sum;
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
