using CsAligner.Data.Icons;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Icons;

/// <summary>The splits as they are shipped, on the real sets of the demo.</summary>
[Trait("Needs", "npm")]
public sealed class IconDatasetTests
{
    [Fact]
    public async Task Splits_share_neither_sets_nor_held_out_names()
    {
        foreach (IconSource source in IconManifest.Default.Sets.Where(s => s.GivesNewNames || s.Role == IconRole.Test))
            await NpmNeeds.SetAsync(source.Set);
        CancellationToken token = TestContext.Current.CancellationToken;
        using IconDataset test = await IconDataset.BuildAsync(IconSplit.Test, cancellationToken: token);
        using IconDataset names = await IconDataset.BuildAsync(IconSplit.NewNames, cancellationToken: token);
        using IconDataset validation = await IconDataset.BuildAsync(IconSplit.Validation, cancellationToken: token);
        using IconDataset alignment = await IconDataset.BuildAsync(IconSplit.Alignment, cancellationToken: token);

        Assert.Equal(["lucide", "noto", "tabler"], test.Sets.Select(s => s.Set).Order(StringComparer.Ordinal));
        Assert.Distinct(test.Sets.Concat(validation.Sets).Concat(alignment.Sets).Select(s => s.Set));
        Assert.InRange(alignment.Count, 18_000, 22_000);
        Assert.InRange(validation.Count, 3_000, 5_000);
        Assert.InRange(names.Count, 1_000, 2_000);

        HashSet<string> held = [.. Entries(names).Select(e => NameHoldout.Key(e.Caption))];
        Assert.Equal(names.Count, held.Count);
        foreach (IconEntry entry in Entries(validation).Concat(Entries(alignment)))
        {
            Assert.False(entry.IsNewName);
            Assert.DoesNotContain(entry.Alternatives.Append(entry.Caption), c => held.Contains(NameHoldout.Key(c)));
        }

        Assert.DoesNotContain(Entries(names), e => SeenCaptions.Default.Contains(e.Caption));
        Assert.InRange(Entries(test).Count(e => SeenCaptions.Default.Contains(e.Caption)), test.Count / 4, test.Count - 1);
        AssertNoNearDuplicates(alignment, test);
        string table = File.ReadAllText(Path.Combine(Repository.Root, "docs", "icon-sets.md"));
        foreach (IconDataset dataset in (IconDataset[])[test, names, validation, alignment])
            Assert.Contains($"## {dataset.Split}: {dataset.Count} icons", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drawing_again_and_on_one_thread_gives_the_same_bytes()
    {
        IconSet set = await NpmNeeds.SetAsync("bytesize");
        string folder = Directory.CreateTempSubdirectory("csalign-raster-").FullName;
        int threads = Tensors.Compute.Threads;
        try
        {
            string a = Path.Combine(folder, "a"), b = Path.Combine(folder, "b");
            IconRasterFile.Write(a, set, 64, _ => { }, TestContext.Current.CancellationToken);
            Tensors.Compute.Threads = 1;
            IconRasterFile.Write(b, set, 64, _ => { }, TestContext.Current.CancellationToken);
            Assert.Equal(File.ReadAllBytes(a), File.ReadAllBytes(b));
            using IconRasterFile file = IconRasterFile.TryOpen(a)!;
            var rgb = new byte[64 * 64 * 3];
            file.Read(file.RowOf("alert"), rgb);
            Assert.Equal(255, rgb[0]);
            Assert.Contains((byte)0, rgb);
            Assert.Equal(-1, file.RowOf("no such icon"));
        }
        finally
        {
            Tensors.Compute.Threads = threads;
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Broken_and_blank_icons_are_named_and_the_rest_is_drawn()
    {
        Icon Make(string name, string body) => new(name, name, [], [], new IconShape(body, 0, 0, 24, 24));
        var set = new IconSet("t", "MIT", false,
        [
            Make("blank", "<path fill=\"none\" d=\"M0 0h9\"/>"), Make("colour", "<rect width=\"24\" height=\"24\" fill=\"#f00\"/>"),
            Make("loop", "<g id=\"a\"><use href=\"#a\"/></g>"), Make("ok", "<rect width=\"12\" height=\"24\" fill=\"currentColor\"/>"),
            Make("torn", "<rect"),
        ], ["gone: it has no body"]);
        string path = Path.Combine(Directory.CreateTempSubdirectory("csalign-raster-").FullName, "t");
        IconRasterFile.Write(path, set, 16, _ => { }, TestContext.Current.CancellationToken);
        using IconRasterFile file = IconRasterFile.TryOpen(path)!;
        Assert.Equal(["colour", "ok"], file.Names);
        Assert.Equal(["gone", "blank", "loop", "torn"], file.Broken.Select(b => b.Split(':')[0]));
        Assert.True(file.IsColoured(0));
        Assert.False(file.IsColoured(1));
        var rgb = new byte[16 * 16 * 3];
        file.Read(0, rgb);
        Assert.Equal([255, 0, 0], rgb[..3]);
        file.Read(1, rgb);
        Assert.Equal([0, 0, 0], rgb[..3]);
        Assert.Equal([255, 255, 255], rgb[^3..]);
        var ink = new byte[16 * 16];
        file.ReadInk(0, ink);
        Assert.Equal(255 - 77, ink[0]); // red has a luminance of 77 of 256
    }

    private static IEnumerable<IconEntry> Entries(IconDataset dataset) => Enumerable.Range(0, dataset.Count).Select(i => dataset[i]);

    // A sample, compared pixel by pixel: the search itself is tested exactly elsewhere.
    private static void AssertNoNearDuplicates(IconDataset training, IconDataset test)
    {
        byte[][] references = [.. Enumerable.Range(0, test.Count / 25).Select(i => Ink(test, i * 25))];
        for (int i = 0; i < training.Count; i += 400)
        {
            byte[] ink = Ink(training, i);
            Assert.All(references, r => Assert.True(NearDuplicates.Cosine(r, ink) <= 0.9701));
        }
    }

    private static byte[] Ink(IconDataset dataset, int index)
    {
        var rgb = new byte[64 * 64 * 3];
        dataset.GetImage(index, rgb);
        return [.. Enumerable.Range(0, 64 * 64)
            .Select(i => (byte)(255 - ((77 * rgb[3 * i] + 150 * rgb[3 * i + 1] + 29 * rgb[3 * i + 2] + 128) >> 8)))];
    }
}
