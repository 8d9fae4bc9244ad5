using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Packages;
using CsAligner.Data.Pictures;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Pictures;

public class PictureSetsTests
{
    [Theory]
    [InlineData("emoji", true)]
    [InlineData("emoji:de@train", true)]
    [InlineData("stamps@test", true)]
    [InlineData("coloured-icons", true)]
    [InlineData("emojis", false)]
    [InlineData("./emoji", false)]
    [InlineData("emoji/", false)]
    [InlineData("", false)]
    public void Names_are_told_from_paths(string name, bool isName) => Assert.Equal(isName, PictureSets.IsName(name));

    [Theory]
    [InlineData("emoji:xx", "'emoji' has no captions in 'xx'; 'csalign fetch pictures emoji' lists its 141 languages",
        "did you mean 'xh'?")]
    [InlineData("emoji:ger man", "'ger man' is not a language", "emoji:pt_BR")]
    [InlineData("emoji:@test", "'' is not a language", "such as emoji:de")]
    [InlineData("emoji@tset", "'emoji' has no part 'tset': expected emoji@train, @validation, @test", "did you mean 'test'?")]
    [InlineData("emoji@", "'emoji' has no part ''", "@validation")]
    [InlineData("coloured-icons:de", "'coloured-icons' has no languages, got 'de'", "leave it out")]
    [InlineData("emojy:de", "there are no pictures 'emojy': expected emoji, coloured-icons, stamps", "did you mean 'emoji'?")]
    public void A_name_that_is_none_says_what_there_is(string name, string expected, string cure)
    {
        string message = Assert.Throws<InputException>(() => PictureSets.Check(name)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains(cure, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sets_from_packages_take_no_folder() =>
        Assert.Contains("'emoji' comes from packages",
            (await Assert.ThrowsAsync<InputException>(() => OpenedSet.OfAsync("emoji", 32, folder: "."))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_coloured_icons_are_permissive_sets_with_pins_of_their_own()
    {
        Assert.Equal(15, ColouredIcons.Sources.Count);
        Assert.All(ColouredIcons.Sources, source =>
        {
            Assert.Equal($"@iconify-json/{source.Set}", source.Package!.Name);
            NpmPackage.Validate(source.Package);
            Assert.Contains(source.Licence, (string[])["MIT", "Apache-2.0", "CC-BY-4.0"]);
            Assert.Contains(source.Set, PictureSets.Find("coloured-icons")!.Packages
                .Select(package => package.Split('/')[1].Split('@')[0]));
        });
    }

    [Fact]
    public async Task Coloured_icons_are_coloured_named_and_split_by_name()
    {
        foreach (var source in ColouredIcons.Sources) await NpmNeeds.PackageAsync(source.Package!);
        using SampleSource icons = await OpenedSet.OfAsync("coloured-icons", 48);
        Assert.Equal(11_562, icons.Parts);
        var pixels = new ImagePixels(new ImagePreprocessing(48, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation));
        byte[] rgb = new byte[pixels.Length];
        foreach (SampleEntry entry in icons.ReadAll().Where((_, i) => i % 400 == 0))
        {
            Sample sample = entry.Load(SampleParts.Image | SampleParts.Captions);
            pixels.Read(sample, rgb);
            Assert.Contains(Enumerable.Range(0, 48 * 48), i => rgb[3 * i] != rgb[(3 * i) + 1] || rgb[3 * i] != rgb[(3 * i) + 2]);
            Assert.NotEmpty(sample.Captions.Single());
        }

        string[][] parts = [.. await Task.WhenAll(((string[])["train", "validation", "test"]).Select(async part =>
        {
            using SampleSource samples = await OpenedSet.OfAsync($"coloured-icons@{part}", 48);
            return samples.ReadAll()
                .Select(entry => Data.Icons.NameHoldout.Key(entry.Load(SampleParts.Captions).Captions.Single())).ToArray();
        }))];
        Assert.Empty(parts[0].Intersect(parts[1]));
        Assert.Empty(parts[0].Intersect(parts[2]));
        Assert.Empty(parts[1].Intersect(parts[2]));
        Assert.InRange(parts[0].Length, 7_500, 8_600);
        Assert.InRange(parts[2].Length, 800, 2_400);
    }

    [Fact]
    public async Task Emoji_are_written_with_captions_and_licences_and_read_again()
    {
        await NpmNeeds.PackageAsync(EmojiPictures.Package);
        await NpmNeeds.PackageAsync(CldrAnnotations.Package);
        using var folder = new TemporaryFolder();
        FetchedPictures fetched = Assert.Single(await PictureFetcher.FetchAsync(["emoji"], "pt_BR", folder.Path, 16, null,
            TestContext.Current.CancellationToken));
        Assert.Equal(("pt", 1563, 0), (fetched.Language, fetched.Pictures, fetched.Broken.Count));
        Assert.Equal(1563, Directory.GetFiles(folder["emoji"], "*.png").Length);
        string licences = File.ReadAllText(folder["LICENSES.md"]);
        foreach (string part in (string[])["Copyright (c) Microsoft Corporation", "SPDX-License-Identifier: Unicode-3.0",
            "written by csalign"])
            Assert.Contains(part, licences, StringComparison.Ordinal);
        using SampleSource read = Dataset.Open(folder.Path);
        Sample sample = read.ReadAll().Single(entry => entry.Key == "emoji/2764.png").Load(SampleParts.Image | SampleParts.Captions);
        Assert.Equal("coração vermelho", Assert.Single(sample.Captions));

        // A list of others is not lost.
        File.WriteAllText(folder["captions.jsonl"], "{\"file\": \"mine.png\", \"caption\": \"x\"}\n");
        Assert.Contains("already has a captions.jsonl of other pictures",
            (await Assert.ThrowsAsync<InputException>(() => PictureFetcher.FetchAsync(["emoji"], null, folder.Path, 16, null,
                TestContext.Current.CancellationToken))).Message,
            StringComparison.Ordinal);
        Assert.Contains("mine.png", File.ReadAllText(folder["captions.jsonl"]), StringComparison.Ordinal);
    }
}
