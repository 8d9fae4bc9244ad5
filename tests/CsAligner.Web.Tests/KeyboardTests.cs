using System.Text.Json;
using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>All that the page does, without a pointer.</summary>
public sealed class KeyboardTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    [Fact]
    public async Task AWholeVisitNeedsNoPointer()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        IKeyboard keyboard = visit.Page.Keyboard;
        var (_, word, _) = await visit.PictureAsync();

        await keyboard.PressAsync("/");
        await Expect(visit.Words).ToBeFocusedAsync();
        await keyboard.TypeAsync(word);
        await Expect(visit.Summary).ToHaveTextAsync($"“{word}”");
        await Expect(visit.Cards).ToHaveCountAsync(24);
        int columns = await visit.Page.Locator("#results").EvaluateAsync<int>(
            "grid => getComputedStyle(grid).gridTemplateColumns.split(' ').length");

        await keyboard.PressAsync("ArrowDown");
        await FocusedAsync(visit, 0);
        await keyboard.PressAsync("ArrowRight");
        await FocusedAsync(visit, 1);
        await keyboard.PressAsync("ArrowDown");
        await FocusedAsync(visit, 1 + columns);
        await keyboard.PressAsync("End");
        await FocusedAsync(visit, 23);
        await keyboard.PressAsync("n");
        await Expect(visit.Cards).ToHaveCountAsync(48);
        await FocusedAsync(visit, 23);
        await keyboard.PressAsync("Home");
        await FocusedAsync(visit, 0);

        await keyboard.PressAsync("Enter");
        await Expect(visit.Details).ToBeVisibleAsync();
        await keyboard.PressAsync("ArrowRight");
        await Expect(visit.Details).ToContainTextAsync("2 of 48");
        await keyboard.PressAsync("Escape");
        await Expect(visit.Details).ToBeHiddenAsync();
        await FocusedAsync(visit, 0);

        string id = (await visit.Cards.Nth(1).GetAttributeAsync("data-id"))!;
        await keyboard.PressAsync("ArrowRight");
        await visit.SearchAsync(() => keyboard.PressAsync("w"));
        Assert.Contains($"without_like={Uri.EscapeDataString(id)}", visit.Query, StringComparison.Ordinal);
        string likeness = (await FocusedIdAsync(visit))!;
        await visit.SearchAsync(() => keyboard.PressAsync("m"));
        Assert.Contains($"like={Uri.EscapeDataString(likeness)}", visit.Query, StringComparison.Ordinal);

        // From the first row back to the field, where the last part is taken back.
        await keyboard.PressAsync("Home");
        await keyboard.PressAsync("ArrowUp");
        await Expect(visit.Words).ToBeFocusedAsync();
        await keyboard.PressAsync("Backspace");
        await Expect(visit.Parts).ToHaveCountAsync(0);
        await keyboard.TypeAsync(word);
        await keyboard.PressAsync("Escape");
        await Expect(visit.Words).ToHaveValueAsync("");
    }

    [Fact]
    public async Task TabGoesThroughThePageInOrder()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        var seen = new List<string>();
        for (int i = 0; i < 80; i++)
        {
            await visit.Page.Keyboard.PressAsync("Tab");
            string where = await visit.Page.EvaluateAsync<string>(
                """
                () => {
                  const at = document.activeElement;
                  return (at.closest('[id]')?.id ?? '') + (at.classList.contains('card-open') ? ' card' : '');
                }
                """);
            seen.Add(where);
            if (where == "more") break;
        }

        string[] landmarks = ["home", "help", "theme", "words", "choose", "find", "without", "cutoff", "results card", "more"];
        int[] places = [.. landmarks.Select(each => seen.IndexOf(each))];
        // Radio buttons have no id of their own: what stands around them does.
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        // One stop for the whole grid, and two for what can be done with that result.
        Assert.Equal(3, seen.Count(where => where.StartsWith("results", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task TheSkipLinkLeadsToTheResults()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();

        await visit.Page.Keyboard.PressAsync("Tab");
        await Expect(visit.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the results" })).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Enter");

        await Expect(visit.Page.Locator("#content")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task TheShortcutsAreShown()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();

        await visit.Page.Keyboard.PressAsync("?");

        ILocator help = visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard shortcuts" });
        await Expect(help).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(help).ToBeHiddenAsync();
    }

    [Fact]
    public async Task WhatWasFoundIsSaidAloud()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        var (_, word, _) = await visit.PictureAsync();

        JsonElement answer = await visit.TypeAsync(word);

        string more = answer.GetProperty("more").GetBoolean() ? ", there are more" : "";
        await Expect(visit.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync($"24 results shown{more}");
    }

    private static Task FocusedAsync(Visit visit, int place) => Expect(visit.Cards.Nth(place).Locator(".card-open")).ToBeFocusedAsync();

    private static Task<string?> FocusedIdAsync(Visit visit) =>
        visit.Page.EvaluateAsync<string?>("document.activeElement.closest('.card')?.dataset.id ?? null");
}
