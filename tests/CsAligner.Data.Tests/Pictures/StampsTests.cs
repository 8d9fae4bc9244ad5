using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Images;
using CsAligner.Data.Pictures;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Pictures;

public class StampsTests
{
    private const string Svg =
        """<svg xmlns="http://www.w3.org/2000/svg" width="2cm" height="1in"><rect width="200" height="200" fill="#00f"/></svg>""";

    [Fact]
    public async Task A_folder_of_stamps_is_read_where_it_is()
    {
        using var folder = Stamps();
        using SampleSource english = await OpenedSet.OfAsync("stamps", 32, folder: folder.Path);
        Assert.Equal(["animals/frog-1: A frog.", "animals/frog: A frog.", "clothes/hat: A hat.", "town/house: A house."], Read(english));
        using SampleSource german = await OpenedSet.OfAsync("stamps:de_AT", 32, folder: folder.Path);
        Assert.Equal(["animals/frog: Ein Frosch.", "clothes/hat: Ein Hut."], Read(german));
        using SampleSource valencian = await OpenedSet.OfAsync("stamps:ca-valencia", 32, folder: folder.Path);
        Assert.Equal(["animals/frog: Una granota."], Read(valencian));
        Assert.Contains("'stamps' has no captions in 'ja'",
            (await Assert.ThrowsAsync<InputException>(() => OpenedSet.OfAsync("stamps:ja", 32, folder: folder.Path))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_come_before_drawings_and_drawings_are_drawn_on_white()
    {
        using var folder = Stamps();
        using SampleSource stamps = await OpenedSet.OfAsync("stamps", 32, folder: folder.Path);
        var pixels = new ImagePixels(new ImagePreprocessing(32, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation));
        byte[][] images = [.. stamps.ReadAll().Select(entry =>
        {
            byte[] rgb = new byte[pixels.Length];
            pixels.Read(entry.Load(SampleParts.Image), rgb);
            return rgb;
        })];
        Assert.Equal([255, 0, 0], images[0][..3]);
        // 2 cm x 1 inch: 75.6 x 96 pixels, of which the rectangle fills all; the rest of the square is white.
        Assert.Equal([255, 255, 255], images[2][..3]);
        Assert.Equal([0, 0, 255], images[2][(3 * 16 * 33)..][..3]);
    }

    [Fact]
    public async Task One_sentence_and_one_name_are_in_one_part()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["coins"]);
        byte[] png = PngFile.Encode([1, 2, 3], 1, 1);
        for (int i = 0; i < 40; i++)
        {
            folder.Write($"coins/euro{i}.png", png);
            File.WriteAllText(folder[$"coins/euro{i}.txt"], $"Coin {i}.");
        }

        folder.Write("other.png", png);
        File.WriteAllText(folder["other.txt"], "COIN 7.");
        int[] counts = [.. await Task.WhenAll(((string[])["train", "validation", "test"]).Select(async part =>
        {
            using SampleSource stamps = await OpenedSet.OfAsync($"stamps@{part}", 32, folder: folder.Path);
            return stamps.Parts;
        }))];
        Assert.Equal(41, counts.Sum());
        Assert.Contains(41, counts);
    }

    [Fact]
    public async Task A_folder_that_has_none_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("it has no picture (.png, .svg) with a sentence in 'en'",
            (await Assert.ThrowsAsync<InputException>(() => OpenedSet.OfAsync("stamps", 32, folder: folder.Path))).Message,
            StringComparison.Ordinal);
        Assert.Contains("there is no such folder",
            (await Assert.ThrowsAsync<InputException>(() => OpenedSet.OfAsync("stamps", 32, folder: folder["none"]))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_installed_stamps_have_784_pictures_and_their_sentences()
    {
        Assert.SkipUnless(Directory.Exists(Data.Pictures.Stamps.DefaultFolder), "tuxpaint-stamps-default is not installed");
        using SampleSource stamps = await OpenedSet.OfAsync("stamps", 64);
        SampleEntry[] entries = [.. stamps.ReadAll()];
        Assert.Equal(784, entries.Length);
        Assert.All(entries, entry => Assert.False(entry.Load(SampleParts.Image).Image.IsEmpty));
        Assert.Contains("animals/amphibians/frog: Ein Frosch.", Read(await OpenedSet.OfAsync("stamps:de", 64)));
    }

    private static TemporaryFolder Stamps()
    {
        var folder = new TemporaryFolder();
        byte[] red = PngFile.Encode([255, 0, 0], 1, 1);
        Add("animals/frog", "A frog.\nde.utf8=Ein Frosch.\nca@valencia.utf8=Una granota.\nru.koi8=x\nnonsense\n",
            ("png", red), ("svg", null));
        Add("animals/frog-1", "A frog.\n", ("png", red));
        Add("animals/toad", "", ("png", red));
        Add("animals/newt", "A newt.\n", ("ogg", null));
        Add("clothes/hat", "A hat.\r\nde.utf8= Ein Hut. \r\n", ("svg", null));
        Add("clothes/coat", "A coat.\n",
            ("svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><foreignObject/></svg>"u8.ToArray()));
        Add("symbols/alphabets/english/a", "A\n", ("png", red));
        Add("town/house", "A house.\nde.utf8=\n", ("png", red));
        folder.Write("animals/frog_mirror.png", red);
        return folder;

        void Add(string key, string text, params (string Ending, byte[]? Bytes)[] pictures)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[key])!);
            File.WriteAllText(folder[key + ".txt"], text);
            foreach ((string ending, byte[]? bytes) in pictures)
                folder.Write($"{key}.{ending}", bytes ?? System.Text.Encoding.UTF8.GetBytes(Svg));
        }
    }

    private static string[] Read(SampleSource stamps) =>
        [.. stamps.ReadAll().Select(entry => $"{entry.Key}: {entry.Load(SampleParts.Captions).Captions.Single()}")];
}
