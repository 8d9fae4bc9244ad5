using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

public class CaptionedImagesTests
{
    private static readonly ImagePreprocessing Preprocessing = new(4, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation);

    [Fact]
    public void Images_are_numbered_as_they_appear_and_texts_by_image()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["b"]);
        byte[] first = Save(folder, "b/z.png", 1), second = Save(folder, "a.png", 2);
        File.WriteAllText(folder["captions.tsv"], "b/z.png\ta dog\nb/z.png\ta brown dog\r\na.png\tein Hündchen\nb/z.png\ta dog\n");
        using CaptionedImages data = CaptionedImages.Open(folder.Path, Preprocessing);
        Assert.Equal(["b/z.png", "a.png"], data.Images);
        Assert.Equal(["a dog", "a brown dog", "a dog", "ein Hündchen"], data.Texts);
        Assert.Equal([0, 0, 0, 1], data.ImageOfText);
        Assert.False(data.IsRowForRow);
        var rgb = new byte[48];
        data.ReadImage(1, rgb);
        Assert.Equal(second, rgb);
        data.ReadImage(0, rgb);
        Assert.Equal(first, rgb);
    }

    [Fact]
    public void One_caption_to_an_image_in_order_needs_no_pairs()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["a.png", "b.png"])
            File.WriteAllBytes(folder[name], []);
        File.WriteAllText(folder["captions.tsv"], "b.png\tone\na.png\ttwo");
        Assert.True(CaptionedImages.Open(folder.Path, Preprocessing).IsRowForRow);
        File.WriteAllText(folder["captions.tsv"], "b.png\tone\na.png\ttwo\na.png\tthree");
        Assert.False(CaptionedImages.Open(folder.Path, Preprocessing).IsRowForRow);
    }

    [Theory]
    [InlineData("a.png a dog", "line 1 has 1 fields between tabs")]
    [InlineData("a.png\tone\na.png\ttwo\tthree", "line 2 has 3 fields between tabs")]
    [InlineData("a.png\t ", "line 1 has an empty caption")]
    [InlineData("\tone", "line 1 has an empty path")]
    [InlineData("b.png\tone", "line 1 names 'b.png', but there is no such file")]
    [InlineData("../outside.png\tone", "which is outside the folder")]
    [InlineData("/etc/passwd\tone", "which is outside the folder")]
    [InlineData("x/../../outside.png\tone", "which is outside the folder")]
    [InlineData("a\0.png\tone", "which is outside the folder")]
    [InlineData("a.png\tone\n\na.png\ttwo", "line 2 is empty")]
    [InlineData("", "the file is empty")]
    public void A_bad_list_is_named_by_file_and_line(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["data"]);
        File.WriteAllBytes(folder["outside.png"], []);
        File.WriteAllBytes(folder["data/a.png"], []);
        File.WriteAllText(folder["data/captions.tsv"], text);
        string message = Assert.Throws<InputException>(() => CaptionedImages.Open(folder["data"], Preprocessing)).Message;
        Assert.Contains("captions.tsv'", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Folders_are_searched_in_ordinal_order_and_a_damaged_file_is_named()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["B"]);
        foreach (string name in (string[])["a.PNG", "B/c.png", "Z.png", "a-1.png"])
            Save(folder, name, 3);
        File.WriteAllText(folder["notes.txt"], "no picture");
        SampleEntry[] files = [.. Dataset.Open($"images:{folder.Path}").ReadAll()];
        Assert.Equal(["B/c.png", "Z.png", "a-1.png", "a.PNG"], files.Select(file => file.Key));
        var pixels = new ImagePixels(Preprocessing);
        File.WriteAllBytes(folder["Z.png"], File.ReadAllBytes(folder["Z.png"])[..30]);
        Assert.Contains("Z.png'", Assert.Throws<InputException>(() => pixels.Read(files[1].Load(SampleParts.Image), new byte[48])).Message,
            StringComparison.Ordinal);
        File.Delete(folder["a-1.png"]);
        Assert.Contains("a-1.png'", Assert.Throws<InputException>(() => files[2].Load(SampleParts.Image)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_sheet_beside_generate_json_is_no_picture_of_a_folder()
    {
        using var folder = new TemporaryFolder();
        foreach (string below in (string[])["run", "other"]) Directory.CreateDirectory(folder[below]);
        foreach (string name in (string[])["0000.png", "sheet.png", "run/0000.png", "run/sheet.png", "other/sheet.png"])
            File.WriteAllBytes(folder[name], []);
        File.WriteAllText(folder["generate.json"], "{}");
        File.WriteAllText(folder["run/generate.json"], "{}");
        var files = Dataset.Open($"images:{folder.Path}").ReadAll().Select(file => file.Key);
        Assert.Equal(["0000.png", "other/sheet.png", "run/0000.png"], files);
    }

    private static byte[] Save(TemporaryFolder folder, string name, ulong seed)
    {
        var random = new RandomGenerator(seed);
        byte[] rgb = [.. Enumerable.Range(0, 48).Select(_ => (byte)random.Next(256))];
        File.WriteAllBytes(folder[name], PngFile.Encode(rgb, 4, 4));
        return rgb;
    }
}
