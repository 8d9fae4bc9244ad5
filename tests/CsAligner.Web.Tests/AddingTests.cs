using System.Text.Json;
using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>Adding items and deleting them.</summary>
public sealed class AddingTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    [Fact]
    public async Task TextsAreAddedFoundAndDeleted()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        await Expect(visit.Page.Locator("#counts")).Not.ToHaveTextAsync("");
        string counts = await visit.Page.Locator("#counts").InnerTextAsync();
        ILocator dialog = await OpenAsync(visit);
        string one = "a lighthouse at the end of a pier " + Guid.NewGuid().ToString("N"), two = "a second line";
        await dialog.GetByLabel("Texts, one a line").FillAsync($"{one}\n\n  {two}  \n");

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add texts" }).ClickAsync();

        await Expect(dialog.GetByRole(AriaRole.Listitem)).ToContainTextAsync("2 items added");
        await Expect(visit.Page.Locator("#counts")).Not.ToHaveTextAsync(counts);
        await visit.Page.Keyboard.PressAsync("Escape");
        foreach (string text in new[] { one, two })
        {
            await visit.TypeAsync(text);
            await Expect(visit.Cards.First.Locator(".words")).ToHaveTextAsync(text);
            await visit.Cards.First.Locator(".card-open").ClickAsync();
            await DeleteAsync(visit, "Delete");
            await Expect(visit.Details).ToBeHiddenAsync();
            await Expect(visit.Cards.First.Locator(".words", new() { HasText = text })).ToHaveCountAsync(0);
        }

        await Expect(visit.Page.Locator("#counts")).ToHaveTextAsync(counts);
    }

    [Fact]
    public async Task APictureIsAddedFoundAndDeleted()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        byte[] bytes = await DrawAsync(visit);
        ILocator dialog = await OpenAsync(visit);

        await visit.TransferAsync("two suns.png", "image/png", bytes);

        ILocator row = dialog.GetByRole(AriaRole.Listitem);
        await Expect(row).ToContainTextAsync("two suns.png");
        await Expect(row).ToContainTextAsync("Added");
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(visit.Parts).ToHaveCountAsync(0);
        JsonElement answer = await visit.SearchAsync(() => visit.TransferAsync("two suns.png", "image/png", bytes));
        JsonElement hit = answer.GetProperty("hits").EnumerateArray().Take(5)
            .First(each => each.GetProperty("name").GetString() == "two suns");
        ILocator card = visit.Page.Locator($"#results > [data-id=\"{Visit.IdOf(hit)}\"]");
        await Expect(card.Locator("img")).ToHaveJSPropertyAsync("complete", true);
        Assert.True(await card.Locator("img").EvaluateAsync<int>("image => image.naturalWidth") > 0, "the picture is not shown");
        await card.Locator(".card-open").ClickAsync();
        await DeleteAsync(visit, "Delete");
        await Expect(card).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task WhatIsNotToBeDeletedStays()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        string id = (await visit.Cards.First.GetAttributeAsync("data-id"))!;
        await visit.Cards.First.Locator(".card-open").ClickAsync();

        await DeleteAsync(visit, "Keep it");

        await Expect(visit.Details).ToBeVisibleAsync();
        Assert.Equal(id, Visit.IdOf(await visit.GetAsync($"/v1/items/{Uri.EscapeDataString(id)}")));
    }

    [Fact]
    public async Task WhatCannotBeAddedSaysWhyAndIsNotLost()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        ILocator dialog = await OpenAsync(visit);
        await visit.TransferAsync("broken.png", "image/png", "no picture at all"u8.ToArray());
        await Expect(dialog.Locator(".failed")).ToContainTextAsync("broken.png");
        await visit.Page.RouteAsync("**/v1/items",
            route => route.FulfillAsync(new() { Status = 507, Json = new { detail = "the disk is full" } }));

        ILocator text = dialog.GetByLabel("Texts, one a line");
        await text.FillAsync("kept words");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add texts" }).ClickAsync();

        await Expect(dialog.Locator(".failed").First).ToContainTextAsync("the disk is full");
        await Expect(text).ToHaveValueAsync("kept words");
    }

    [Fact]
    public async Task AQueueThatIsFullIsWaitedFor()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        ILocator dialog = await OpenAsync(visit);
        int asked = 0;
        await visit.Page.RouteAsync("**/v1/items", route => Interlocked.Increment(ref asked) == 1
            ? route.FulfillAsync(new()
            {
                Status = 503,
                Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["retry-after"] = "1" },
                Body = """{"detail": "the queue is full"}""",
            })
            : route.FulfillAsync(new() { Status = 201, Json = new { items = new[] { new { id = "x" } } } }));

        await dialog.GetByLabel("Texts, one a line").FillAsync("words");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add texts" }).ClickAsync();

        await Expect(dialog.GetByRole(AriaRole.Listitem)).ToContainTextAsync("waits its turn");
        await Expect(dialog.GetByRole(AriaRole.Listitem)).ToContainTextAsync("Added");
        Assert.Equal(2, asked);
    }

    private static async Task<ILocator> OpenAsync(Visit visit)
    {
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Add to the index" }).ClickAsync();
        return visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Add to the index" });
    }

    private static async Task DeleteAsync(Visit visit, string answer)
    {
        await visit.Details.GetByText("Delete").ClickAsync();
        ILocator question = visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Delete this item?" });
        await Expect(question.GetByRole(AriaRole.Button, new() { Name = "Keep it" })).ToBeFocusedAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = answer }).ClickAsync();
    }

    // A picture that no index has.
    private static async Task<byte[]> DrawAsync(Visit visit) => Convert.FromBase64String(await visit.Page.EvaluateAsync<string>(
        """
        async () => {
          const canvas = document.createElement('canvas');
          canvas.width = 320;
          canvas.height = 200;
          const pen = canvas.getContext('2d');
          pen.fillStyle = '#9cf';
          pen.fillRect(0, 0, 320, 200);
          pen.fillStyle = '#fc3';
          for (const x of [90, 230]) {
            pen.beginPath();
            pen.arc(x, 80, 40, 0, 7);
            pen.fill();
          }
          return canvas.toDataURL('image/png').split(',')[1];
        }
        """));
}
