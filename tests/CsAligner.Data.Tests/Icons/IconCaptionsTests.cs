using CsAligner.Data.Icons;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Icons;

public sealed class IconCaptionsTests
{
    private static readonly Dictionary<string, IReadOnlyDictionary<string, string>> s_noCodes = [];

    [Fact]
    public void The_name_comes_first_and_no_text_twice()
    {
        IconCaptions captions =
            IconCaptions.Of([Entry("s", "bin", "bin", ["trash", "bin", "waste basket"], ["office", "trash"])], s_noCodes, null, null);
        Assert.Equal(
            [("bin", CaptionSource.Name), ("trash", CaptionSource.Alias), ("waste basket", CaptionSource.Alias),
                ("office", CaptionSource.Category)],
            captions[0].Select(c => (c.Text, c.Source)));
        Assert.Equal((1, 4, 0, 0), (captions.Count, captions.TotalCount, captions.EmojiIcons, captions.DroppedShared));
    }

    [Fact]
    public void Numbers_letters_and_codes_are_no_captions_but_where_they_are_the_only_name()
    {
        IconCaptions captions =
            IconCaptions.Of([Entry("s", "42", "42", ["1f468", "u1f600", "owm904", "a", "7 8", "b 2", "html5", "2 cats", "été"], [])],
                s_noCodes, null, null);
        Assert.Equal(["42", "html5", "2 cats", "été"], captions[0].Select(c => c.Text));
    }

    [Fact]
    public void What_too_many_icons_share_is_left_out_unless_it_is_their_name()
    {
        IconEntry[] icons =
            [.. Enumerable.Range(0, IconCaptions.MostIcons + 1)
                .Select(i => Entry("s", $"i{i}", "same name", ["shared"], [i == 0 ? "own" : "most"]))];
        IconCaptions captions = IconCaptions.Of(icons, s_noCodes, null, null);
        Assert.Equal(["same name", "own"], captions[0].Select(c => c.Text));
        Assert.Equal(["same name", "most"], captions[1].Select(c => c.Text));
        Assert.Equal(IconCaptions.MostIcons + 1, captions.DroppedShared);
    }

    [Fact]
    public void Names_that_are_held_out_are_no_captions_of_a_split_that_trains()
    {
        var holdout = new NameHoldout("seed", 0.5);
        string[] words = [.. "apple pear plum cherry grape melon lemon orange banana kiwi".Split(' ')];
        Assert.InRange(words.Count(holdout.IsHeldOut), 1, 9);
        IconEntry icon = Entry("s", "fruit", "fruit", words, []);
        Assert.Equal(words.Where(w => !holdout.IsHeldOut(w)).Prepend("fruit"),
            IconCaptions.Of([icon], s_noCodes, null, holdout)[0].Select(c => c.Text));
        Assert.Equal(words.Prepend("fruit"), IconCaptions.Of([icon], s_noCodes, null, null)[0].Select(c => c.Text));
        Assert.Equal(words.Count(holdout.IsHeldOut), IconCaptions.Of([icon], s_noCodes, null, holdout).DroppedNewNames);
    }

    [Fact]
    public void Emoji_are_found_by_their_code_points_else_by_their_name()
    {
        using TemporaryFolder folder = EmojiFolder();
        EmojiNames emoji = EmojiNames.Read(folder.Path);
        Dictionary<string, IReadOnlyDictionary<string, string>> codes = new()
        {
            ["coded"] = new Dictionary<string, string> { ["moving-hand"] = "1f44b-fe0f", ["old"] = "ffff" },
            ["plain"] = new Dictionary<string, string>(),
        };
        IconCaptions captions = IconCaptions.Of(
        [
            Entry("coded", "moving-hand", "moving hand"), Entry("coded", "old", "old"), Entry("coded", "wave", "wave"),
            Entry("plain", "mans-shoe", "mans shoe"), Entry("plain", "wave-2", "wave 2"), Entry("plain", "unknown", "unknown"),
            Entry("other", "wave", "wave"),
        ], codes, emoji, null);
        Assert.Equal((6, 4), (captions.EmojiIcons, captions.MatchedEmoji));
        Assert.Equal(
            [("moving hand", CaptionSource.Name), ("waving hand", CaptionSource.EmojiLabel), ("hello", CaptionSource.EmojiTag),
                ("good bye", CaptionSource.EmojiTag)],
            captions[0].Select(c => (c.Text, c.Source)));
        Assert.Equal(["old"], captions[1].Select(c => c.Text));
        Assert.Equal(["wave", "waving hand", "hello", "good bye"], captions[2].Select(c => c.Text));
        Assert.Equal(["mans shoe", "shoe"], captions[3].Select(c => c.Text));
        Assert.Equal(["wave 2", "waving hand", "hello", "good bye"], captions[4].Select(c => c.Text));
        Assert.Equal(["unknown"], captions[5].Select(c => c.Text));
        Assert.Equal(["wave"], captions[6].Select(c => c.Text));
        Assert.Equal(["hello", "good bye"], emoji.FindByCode("1F44B-1F3FB")!.Tags);
        Assert.Equal("waving hand light skin tone", emoji.FindByCode("1F44B-1F3FB")!.Label);
    }

    [Fact]
    public void Flattened_they_are_texts_and_the_icon_of_each()
    {
        IconCaptions captions =
            IconCaptions.Of([Entry("s", "a", "first", ["one"]), Entry("s", "b", "second"), Entry("s", "c", "third", ["two", "three"])],
                s_noCodes, null, null);
        (IReadOnlyList<string> texts, long[] pairs) = captions.Flatten();
        Assert.Equal(["first", "one", "second", "third", "two", "three"], texts);
        Assert.Equal([0L, 0, 1, 2, 2, 2], pairs);
        (texts, pairs) = captions.Flatten([2, 0]);
        Assert.Equal(["third", "two", "three", "first", "one"], texts);
        Assert.Equal([0L, 0, 0, 1, 1], pairs);
    }

    [Fact]
    public void For_measuring_what_two_icons_are_called_is_left_out_but_as_a_name()
    {
        IconCaptions captions =
            IconCaptions.Of(
                [Entry("s", "a", "first", ["both", "own", "second"]), Entry("s", "b", "second", ["both"]),
                    Entry("s", "c", "third", ["own"])], s_noCodes, null, null);
        Assert.Equal(["first", "own", "second"], captions.Flatten([0, 1], distinct: true).Texts);
        Assert.Equal(["first", "both", "second", "third"], captions.Flatten([0, 2], distinct: true).Texts);
        Assert.Equal(8, captions.Flatten().Texts.Count);
    }

    [Theory]
    [InlineData("[{\"hexcode\": \"1F44B\"}]")]
    [InlineData("[{\"hexcode\": 7, \"label\": \"x\"}]")]
    [InlineData("{}")]
    [InlineData("[")]
    public void Damaged_names_of_emoji_are_refused_by_file(string json)
    {
        using TemporaryFolder folder = EmojiFolder();
        string file = Path.Combine(folder.Path, "en", "data.json");
        File.WriteAllText(file, json);
        Assert.Contains(file, Assert.Throws<InputException>(() => EmojiNames.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "npm")]
    public async Task Emoji_of_the_real_sets_are_found_and_training_knows_no_new_name()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        await NpmNeeds.PackageAsync(EmojiNames.Package);
        foreach (IconSource source in IconManifest.Default.Sets.Where(s => s.GivesNewNames || s.Role == IconRole.Test))
            await NpmNeeds.SetAsync(source.Set);
        var holdout = new NameHoldout(IconManifest.Default.NewNameSeed, IconManifest.Default.NewNameFraction);
        foreach (IconSplit split in (IconSplit[])[IconSplit.Alignment, IconSplit.Validation, IconSplit.Test, IconSplit.NewNames])
        {
            using IconDataset dataset = await IconDataset.BuildAsync(split, cancellationToken: token);
            IconCaptions captions = await IconCaptions.BuildAsync(dataset, null, token);
            TestContext.Current.TestOutputHelper?.WriteLine($"{split}: {captions.Count} icons, {captions.TotalCount} captions "
                + $"({Sources(captions)}), {captions.MatchedEmoji} of {captions.EmojiIcons} emoji found, "
                + $"{captions.DroppedNewNames} held out, {captions.DroppedShared} shared");
            Assert.Equal(dataset.Count, captions.Count);
            Assert.All(Enumerable.Range(0, dataset.Count), i => Assert.Equal(dataset[i].Caption, captions[i][0].Text));
            if (split is IconSplit.Alignment or IconSplit.Validation)
                Assert.DoesNotContain(captions.Flatten().Texts, holdout.IsHeldOut);
            if (split is IconSplit.Alignment or IconSplit.Test)
                Assert.InRange(captions.MatchedEmoji, 0.99 * captions.EmojiIcons, captions.EmojiIcons);
            Assert.True(captions.TotalCount > 1.2 * captions.Count);
        }
    }

    private static string Sources(IconCaptions captions) =>
        string.Join(", ", Enumerable.Range(0, captions.Count).SelectMany(i => captions[i])
        .CountBy(c => c.Source).OrderBy(s => s.Key).Select(s => $"{s.Value} {s.Key}"));

    private static IconEntry Entry(string set, string name, string caption, string[]? alternatives = null, string[]? categories = null) =>
        new(set, name, caption, alternatives ?? [], categories ?? [], false, false);

    [Fact]
    public void Damaged_emoji_names_are_one_line()
    {
        using TemporaryFolder folder = EmojiFolder();
        File.WriteAllText(folder["en/shortcodes/cldr.json"], """{"1F44B": null}""");
        Assert.Contains("cldr.json are damaged", Assert.Throws<InputException>(() => EmojiNames.Read(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    private static TemporaryFolder EmojiFolder()
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "en", "shortcodes"));
        File.WriteAllText(Path.Combine(folder.Path, "en", "data.json"), """
            [{"label": "waving hand", "hexcode": "1F44B", "tags": ["hello", "good-bye", "hello"],
              "skins": [{"label": "waving hand: light skin tone", "hexcode": "1F44B-1F3FB"}]},
             {"label": "man’s shoe", "hexcode": "1F45E", "tags": ["shoe"]}]
            """);
        foreach (string kind in (string[])["cldr", "emojibase", "github", "iamcal", "joypixels"])
            File.WriteAllText(Path.Combine(folder.Path, "en", "shortcodes", kind + ".json"),
                kind == "github" ? """{"1F44B": ["wave", "waving_hand"], "1F45E": "mans_shoe", "0": "nothing"}""" : "{}");
        return folder;
    }
}
