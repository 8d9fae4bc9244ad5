using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests.Site;

/// <summary>One person on the page. At its end, the browser must have complained of nothing and asked nobody but the service.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    private Visit(IBrowserContext context, IPage page, Uri service)
    {
        _context = context;
        Page = page;
        Service = service;
        page.PageError += (_, error) => Complain(error);
        page.Console += (_, message) =>
        {
            // What a test lets fail on purpose the browser mentions too.
            bool expected = message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal);
            if (message.Type == "error" && !expected) Complain(message.Text);
        };
        page.Request += (_, request) =>
        {
            var address = new Uri(request.Url);
            if (address.Scheme is not ("blob" or "data") && address.Authority != service.Authority) Complain($"asked {request.Url}");
        };
    }

    public IPage Page { get; }

    public Uri Service { get; }

    public ILocator Words => Page.GetByRole(AriaRole.Searchbox, new() { Name = "Words to search for" });

    public ILocator Cards => Page.Locator("#results > .card:not(.bone)");

    public ILocator Summary => Page.Locator("#summary");

    public ILocator Details => Page.Locator("#details");

    public ILocator Filters => Page.Locator("#filters");

    /// <summary>The chips of pictures and items in the search.</summary>
    public ILocator Parts => Page.Locator("#parts > .part");

    /// <summary>The chips of what is kept away from.</summary>
    public ILocator Without => Page.Locator("#without-words > .part");

    public string Query => new Uri(Page.Url).Query;

    public static async Task<Visit> BeginAsync(IBrowser browser, Uri service, string path, BrowserNewContextOptions options)
    {
        IBrowserContext context = await browser.NewContextAsync(options);
        context.SetDefaultTimeout(15_000);
        var visit = new Visit(context, await context.NewPageAsync(), service);
        await visit.Page.GotoAsync(new Uri(service, path).AbsoluteUri);
        return visit;
    }

    /// <summary>Waits for the first items of the index.</summary>
    public async Task<Visit> WaitForItemsAsync()
    {
        await Expect(Cards.First).ToBeVisibleAsync();
        return this;
    }

    /// <summary>Does something that searches, and waits until its answer is shown.</summary>
    /// <param name="act">What searches.</param>
    /// <param name="words">What it searches for, where another search may be under way; null takes the first answer.</param>
    public async Task<JsonElement> SearchAsync(Func<Task> act, string? words = null)
    {
        IResponse response = await Page.RunAndWaitForResponseAsync(
            act, response => IsSearch(response.Url) && response.Ok && (words is null || IsFor(response, words)));
        JsonElement answer = await AnswerAsync(response);
        JsonElement hits = answer.GetProperty("hits");
        if (hits.GetArrayLength() > 0 && !Query.Contains("view=map", StringComparison.Ordinal))
        {
            int last = hits.GetArrayLength() + answer.GetProperty("offset").GetInt32() - 1;
            await Expect(Cards.Nth(last)).ToHaveAttributeAsync("data-id", IdOf(hits[hits.GetArrayLength() - 1]));
        }

        return answer;
    }

    // Chromium does not always keep what a page has read; the service says the same again.
    private async Task<JsonElement> AnswerAsync(IResponse response)
    {
        try
        {
            return (await response.JsonAsync())!.Value;
        }
        catch (PlaywrightException)
        {
            IAPIResponse again = await Page.APIRequest.FetchAsync(response.Request);
            return (await again.JsonAsync())!.Value;
        }
    }

    /// <summary>Searches for words.</summary>
    public Task<JsonElement> TypeAsync(string words) => SearchAsync(() => Words.FillAsync(words), words);

    // A search with pictures says its words in a form.
    private static bool IsFor(IResponse response, string words) => response.Request.Method == "POST"
        || Uri.UnescapeDataString(response.Url.Replace('+', ' ')).Contains($"q={words.Trim()}", StringComparison.Ordinal);

    /// <summary>Items of the index, as the service lists them.</summary>
    public async Task<IReadOnlyList<JsonElement>> ItemsAsync(int limit = 100)
    {
        JsonElement answer = await GetAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/items?limit={limit}"));
        return [.. answer.GetProperty("items").EnumerateArray()];
    }

    /// <summary>A picture of the index whose name has a word to search for.</summary>
    public async Task<(JsonElement Item, string Word, byte[] Bytes)> PictureAsync()
    {
        foreach (JsonElement item in await ItemsAsync())
        {
            if (item.GetProperty("picture").GetString() is not { } address) continue;
            string? word = item.GetProperty("name").GetString()?.Split(' ').FirstOrDefault(part => part.Length >= 4);
            if (word is null) continue;
            IAPIResponse picture = await Page.APIRequest.GetAsync(new Uri(Service, address).AbsoluteUri);
            return (item, word, await picture.BodyAsync());
        }

        throw new InvalidOperationException("the index has no picture with a name");
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        IAPIResponse response = await Page.APIRequest.GetAsync(new Uri(Service, path).AbsoluteUri);
        Assert.True(response.Ok, $"GET {path}: {response.Status}");
        return (await response.JsonAsync())!.Value;
    }

    /// <summary>Drops a file on the page, or pastes it.</summary>
    public async Task TransferAsync(string name, string type, byte[] bytes, bool paste = false) => await Page.EvaluateAsync(
        """
        ([name, type, base64, paste]) => {
          const bytes = Uint8Array.from(atob(base64), each => each.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name, { type }));
          const target = document.querySelector('dialog[open]') ?? document.body;
          if (paste) {
            target.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }));
            return;
          }
          for (const step of ['dragenter', 'dragover', 'drop'])
            target.dispatchEvent(new DragEvent(step, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }
        """, new object[] { name, type, Convert.ToBase64String(bytes), paste });

    /// <summary>Answers every search with a failure.</summary>
    public Task FailSearchesAsync(int status, string detail, string? retryAfter = null) => Page.RouteAsync(IsSearch, route =>
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["content-type"] = "application/problem+json" };
        if (retryAfter is not null) headers["retry-after"] = retryAfter;
        return route.FulfillAsync(new() { Status = status, Headers = headers, Body = JsonSerializer.Serialize(new { status, detail }) });
    });

    /// <summary>Whether something of the page can only be seen by scrolling sideways.</summary>
    public Task<bool> ScrollsSidewaysAsync() =>
        Page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth");

    public static bool IsSearch(string address) => new Uri(address).AbsolutePath == "/v1/search";

    public static string IdOf(JsonElement item) => item.GetProperty("id").GetString()!;

    public static string[] IdsOf(JsonElement answer) => [.. answer.GetProperty("hits").EnumerateArray().Select(IdOf)];

    public async ValueTask DisposeAsync()
    {
        await _context.CloseAsync();
        lock (_complaints) Assert.True(_complaints.Count == 0, "the browser complained: " + string.Join(" | ", _complaints));
    }

    private void Complain(string text)
    {
        lock (_complaints) _complaints.Add(text);
    }
}
