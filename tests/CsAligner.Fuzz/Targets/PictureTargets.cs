using System.Text;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Pictures;
using CsAligner.Tensors;

namespace CsAligner.Fuzz.Targets;

/// <summary>Pictures with captions as other tools leave them, and the sets of pictures that are known by name.</summary>
internal static class PictureTargets
{
    private const string Names = """
        {"annotations":{"identity":{"language":"x"},"annotations":{"😀":{"default":["face","grin"],"tts":["grinning face"]},"❤":{"default":["heart"],"tts":["red heart"]}}}}
        """;

    private const string Svg = """<svg xmlns="http://www.w3.org/2000/svg" width="21cm" height="10pt"><path d="M0 0h24v24z"/></svg>""";

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new()
        {
            Name = "sidecars",
            Files = ["00000/0.jpg", "00000/0.txt", "00000/0.json", "00000/1.png", "00000/1.json", "00000_stats.json"],
            Run = DatasetTargets.ReadAll,
            Words = ["caption", "captions", "status", "key", "null", "NaN", "\ufeff", "\r\n", "\u2028"],
            Seeds = () =>
            [
                [[1], "a cat\non a mat"u8.ToArray(), """{"caption":"a cat","status":"success","key":"0"}"""u8.ToArray(), [1],
                    """{"caption":"a dog","url":"x"}"""u8.ToArray(), "{}"u8.ToArray()],
            ],
        },
        new()
        {
            Name = "sidecar-languages",
            Files = ["a.jpg", "a.de.txt", "a.fr.txt", "b.JPG", "b.de.TXT", "c.webp", "c.caption"],
            Run = folder =>
            {
                foreach (string language in (string[])["", ":de", ":fr"]) DatasetTargets.ReadAll($"files:{folder}{language}");
            },
            Words = ["\ufeff", "\r\n", "\n\n"],
            Seeds = () => [[[1], "eine Katze\n"u8.ToArray(), "un chat"u8.ToArray(), [1], "ein Hund\r\nein Tier"u8.ToArray(), [1],
                "a bird"u8.ToArray()]],
        },
        Table("table-semicolon", "id;filepath;title\n1;a.png;\"one; \"\"two\"\"\"\n2;a.png;three\n"),
        Table("table-tab", "filepath\ttitle\na.png\t\"one\n\"\"two\"\"\"\na.png\t\"three\n"),
        Table("table-bar", "image|n|caption\na.png|1|one | two\na.png|2|\"three|\"\n"),
        Table("table-comma", "sep=,\nfilepath,title\na.png, \"one, two\"\na.png,three\n"),
        new()
        {
            Name = "emoji-pictures",
            Files = ["annotations/en/annotations.json", "annotations/pt/annotations.json", "annotations/pt-PT/annotations.json",
                "assets/1f600.webp", "assets/2764-fe0f.webp"],
            Run = folder =>
            {
                PictureList list = EmojiPictures.Read(folder, folder, "pt-PT");
                FuzzTarget.Require(list.Pictures.All(p => p.Captions.Count > 0 && p.Captions.All(c => c.Length > 0)),
                    "emoji have captions");
                FuzzTarget.Require(list.Pictures.Select(p => p.Key).Distinct().Count() == list.Pictures.Count, "keys are unique");
            },
            Words = ["annotations", "default", "tts", "😀", "❤️", "❤"],
            Seeds = () => [[Encoding.UTF8.GetBytes(Names), Encoding.UTF8.GetBytes(Names), Encoding.UTF8.GetBytes(Names), [1], [2]]],
        },
        new()
        {
            Name = "stamps",
            Files = ["animals/frog.txt", "animals/frog.png", "animals/hat.txt", "animals/hat.svg"],
            Run = folder =>
            {
                var set = new Stamps();
                IReadOnlyList<string> languages = set.Languages(folder)!;
                PictureList list = set.Open(new PictureSetRequest(languages.Contains("de") ? "de" : "en", 64, folder));
                using var samples = new PictureSamples("stamps", list, PicturePart.All, allCaptions: true);
                foreach (SampleEntry entry in samples.ReadAll())
                {
                    try
                    {
                        Sample sample = entry.Load(SampleParts.Image | SampleParts.Captions);
                        FuzzTarget.Require(sample.Captions.Count == 1, "a stamp has a sentence");
                    }
                    catch (InputException)
                    {
                        continue;
                    }
                }
            },
            Words = [".utf8=", "de.utf8=", "pt_BR.utf8=", "ca@valencia.utf8=", "pt", "mm", "in", "viewBox=\"0 0 1 1\""],
            IsNative = true,
            Seeds = () =>
            [
                [Encoding.UTF8.GetBytes("A frog.\nde.utf8=Ein Frosch.\npt_BR.utf8=Um sapo.\nca@valencia.utf8=Una granota.\n"), [1],
                    Encoding.UTF8.GetBytes("A hat.\r\nde.utf8=Ein Hut.\r\n"), Encoding.UTF8.GetBytes(Svg)],
            ],
        },
    ];

    private static FuzzTarget Table(string name, string text) => new()
    {
        Name = name,
        Files = ["captions.csv", "a.png"],
        Run = folder => DatasetTargets.ReadAll(Path.Combine(folder, "captions.csv")),
        Words = ["\"", "\"\"", ";", "\t", "|", ",", "\r\n", "filepath", "title", "sep=", "../a.png"],
        Seeds = () => [[Encoding.UTF8.GetBytes(text), [1, 2, 3]]],
    };
}
