using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Images;
using CsAligner.Data.Packages;
using CsAligner.Data.Pictures;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Pictures;

public class EmojiPicturesTests
{
    [Fact]
    public void A_language_says_what_its_own_file_does_and_else_what_it_inherits()
    {
        using var folder = new TemporaryFolder();
        Annotations(folder, "en", """{"😀": {"default": ["face"], "tts": ["grinning face"]}, "❤": {"tts": ["red heart"]}}""");
        Annotations(folder, "pt",
            """{"😀": {"default": ["rosto"], "tts": ["rosto risonho"]}, "❤": {"default": ["coração"], "tts": ["coração vermelho"]}}""");
        Annotations(folder, "pt-PT",
            """{"😀": {"default": ["cara", "cara sorridente"], "tts": ["cara sorridente"]}, "❤️": {"default": ["amor"]}, "🚗": {"tts": ["carro"]}}""");
        Pictures(folder, "1f600", "2764-fe0f", "2764", "1f697", "1f44b", "preview", "1f600-zz");
        Assert.Equal(["1f600: grinning face|face", "2764: red heart"], Read(folder, "en"));
        Assert.Equal(["1f600: rosto risonho|rosto", "2764: coração vermelho|coração"], Read(folder, "pt"));
        // Without the car: English does not name it, and every language has the same pictures.
        Assert.Equal(["1f600: cara sorridente|cara", "2764: coração vermelho|amor"], Read(folder, "pt-PT"));
    }

    [Theory]
    [InlineData("[]", "damaged")]
    [InlineData("{}", "it has no \"annotations\"")]
    [InlineData("""{"annotations": {"annotations": {"😀": {"tts": [null]}}}}""", "expected a string, got null")]
    [InlineData("""{"annotations": {"annotations": {"😀": {"tts": "x"}}}}""", "damaged")]
    [InlineData("""{"annotations": {"identity": {}}}""", "no picture has a name")]
    [InlineData("{", "damaged")]
    [InlineData(null, "cannot read the names of emoji")]
    public void Damaged_packages_are_one_line_that_says_what_to_do(string? json, string expected)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["annotations/en"]);
        if (json is not null) File.WriteAllText(folder["annotations/en/annotations.json"], json);
        Pictures(folder, "1f600");
        string message = Assert.Throws<InputException>(() => EmojiPictures.Read(folder.Path, folder.Path, "en")).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("folder and run the command again", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_packages_have_1563_named_pictures_that_can_be_decoded()
    {
        (string pictures, string annotations) = await PackagesAsync();
        PictureList english = EmojiPictures.Read(pictures, annotations, "en");
        Assert.Equal(1563, english.Pictures.Count);
        // Counted in Python from the same files.
        Assert.Equal(10_606, english.Pictures.Sum(picture => picture.Captions.Count));
        Assert.Equal(9_145, EmojiPictures.Read(pictures, annotations, "de").Pictures.Sum(picture => picture.Captions.Count));
        Assert.Equal(8_029, EmojiPictures.Read(pictures, annotations, "ja").Pictures.Sum(picture => picture.Captions.Count));
        Assert.Equal(1563, english.Pictures.Select(picture => picture.Captions[0]).Distinct().Count());
        Picture heart = english.Pictures.Single(picture => picture.Key == "2764");
        Assert.Equal("red heart", heart.Captions[0]);

        // It is red, on white.
        RgbImage image = ImageDecoder.Decode(english.Read(heart).Image.Span, "heart");
        int middle = 3 * ((image.Width * (image.Height / 2)) + (image.Width / 2));
        Assert.True(image.Pixels[middle] > 180 && image.Pixels[middle + 1] < 120);
        Assert.Equal([255, 255, 255], image.Pixels[..3]);
    }

    [Fact]
    public async Task The_languages_are_those_of_the_package_that_name_a_thousand_pictures()
    {
        (string pictures, string annotations) = await PackagesAsync();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string language in Directory.GetDirectories(Path.Combine(annotations, "annotations"))
            .Select(path => Path.GetFileName(path)))
        {
            try
            {
                counts[language] = EmojiPictures.Read(pictures, annotations, language).Pictures.Count;
            }
            catch (InputException)
            {
                counts[language] = 0;
            }
        }

        Assert.Equal(counts.Where(count => count.Value >= 1000).Select(count => count.Key),
            CldrAnnotations.Languages.Order(StringComparer.Ordinal));
        Assert.Equal(116, counts.Count(count => count.Value == 1563));
    }

    [Fact]
    public async Task Parts_cover_the_set_and_keep_families_together()
    {
        (string pictures, string annotations) = await PackagesAsync();
        PictureList list = EmojiPictures.Read(pictures, annotations, "de");
        PictureSamples[] parts = [.. ((PicturePart[])[PicturePart.Train, PicturePart.Validation, PicturePart.Test])
            .Select(part => new PictureSamples("emoji:de", list, part, allCaptions: true))];
        Assert.Equal(list.Pictures.Count, parts.Sum(part => part.Parts));
        Assert.InRange(parts[0].Parts, 1000, 1200);
        Assert.True(list.Pictures.GroupBy(picture => picture.Family).All(family =>
            parts.Count(part => part.Pictures.Any(picture => picture.Family == family.Key)) == 1));
        string[] test = [.. parts[2].Pictures.SelectMany(picture => picture.Captions)];
        Assert.Equal(test.Length, test.Distinct(StringComparer.Ordinal).Count());
    }

    private static async Task<(string Pictures, string Annotations)> PackagesAsync() =>
        (await NpmNeeds.PackageAsync(EmojiPictures.Package), await NpmNeeds.PackageAsync(CldrAnnotations.Package));

    private static string[] Read(TemporaryFolder folder, string language) => [.. EmojiPictures.Read(folder.Path, folder.Path, language)
        .Pictures.Select(picture => $"{picture.Key}: {string.Join('|', picture.Captions)}")];

    private static void Annotations(TemporaryFolder folder, string language, string emoji)
    {
        Directory.CreateDirectory(folder[$"annotations/{language}"]);
        File.WriteAllText(folder[$"annotations/{language}/annotations.json"], $"{{\"annotations\": {{\"annotations\": {emoji}}}}}");
    }

    private static void Pictures(TemporaryFolder folder, params string[] names)
    {
        Directory.CreateDirectory(folder["assets"]);
        foreach (string name in names) folder.Write($"assets/{name}.webp", [1]);
    }
}
