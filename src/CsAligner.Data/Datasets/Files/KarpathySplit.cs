using System.Text.Json;
using CsAligner.Data.Disk;
using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// The splits of Karpathy and Fei-Fei (<c>dataset_flickr30k.json</c>, <c>dataset_flickr8k.json</c>, <c>dataset_coco.json</c>): one
/// object whose <c>images</c> have split, filename, for COCO filepath, and sentences with their raw texts.
/// </summary>
internal static class KarpathySplit
{
    // Named in the error of a split that is not there.
    private const int MostSplits = 16;

    /// <summary>The splits and protocols that can be named.</summary>
    public static string Splits => $"train, val, test, restval, train+restval, {RetrievalProtocol.Names}";

    /// <summary>Whether a word names a split or protocol.</summary>
    public static bool IsSplit(string word) => RetrievalProtocol.All.Any(protocol => protocol.Name == word)
        || word.Split('+').All(w => w is "train" or "val" or "test" or "restval");

    private static readonly string[] Places =
        ["", "flickr30k-images", "flickr30k_images", "flickr30k-images/flickr30k-images", "Flicker8k_Dataset", "Flickr8k_Dataset",
            "images", "Images"];

    public static FileSamples Read(string name, string path, string split, string? folder)
    {
        // A protocol is the test split, its number of images, and five captions of each.
        var protocol = RetrievalProtocol.All.FirstOrDefault(known => known.Name == split);
        string[] wanted = protocol is null ? split.Split('+') : ["test"];
        using var json = new JsonFile(path);
        var samples = new FileSamples(name, path, "image", hasCaptions: true, split);
        var splits = new SortedSet<string>(StringComparer.Ordinal);
        string? first = null;
        int kept = 0;
        bool found = false;
        if (json.Next() != JsonTokenType.StartObject) throw json.Bad("expected an object with \"images\"");
        json.ReadObject(property =>
        {
            if (property != "images") return;
            if (found) throw json.Bad("it has \"images\" twice");
            found = true;
            if (json.Next() != JsonTokenType.StartArray) throw json.Bad("\"images\" is not a list");
            long number = 0;
            json.ReadArray(() =>
            {
                var image = ReadImage(json);
                if (image.Split is not null && splits.Count < MostSplits) splits.Add(image.Split);
                // An image without its split is in none, and is not read for any.
                if (image.Split is not null && wanted.Contains(image.Split))
                {
                    kept++;
                    first ??= image.File;
                    Keep(samples, image.File, image.Captions.Take(protocol is null ? int.MaxValue : RetrievalProtocol.Captions), number);
                }

                number++;
            });
        });
        if (kept == 0)
            throw json.Bad(
                $"it has no images of split '{split}', only of {string.Join(", ", splits)}; give karpathy:FILE:SPLIT with one of those");
        if (protocol is not null && kept != protocol.Images)
            throw json.Bad(
                $"its test split has {kept} images, but {split} needs {protocol.Images}; name the split itself, 'test'");
        return samples.Complete(folder
            ?? FileSampleFolders.Find(Places.Select(place => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, place)),
                first, path));
    }

    private static void Keep(FileSamples samples, string? file, IEnumerable<string> captions, long number)
    {
        if (string.IsNullOrWhiteSpace(file))
        {
            samples.AddProblem("has no filename", number);
        }
        else if (samples.TryAddImage(file, number, out int sample))
        {
            foreach (string caption in captions) samples.AddCaption(sample, caption);
        }
        else
        {
            samples.AddProblem($"names '{file}', as another image does", number);
        }
    }

    private static (string? Split, string? File, List<string> Captions) ReadImage(JsonFile json)
    {
        (string? split, string? name, string? place) = (null, null, null);
        var captions = new List<string>();
        if (json.Type != JsonTokenType.StartObject) return (null, null, captions);
        json.ReadObject(property =>
        {
            if (property is not ("split" or "filename" or "filepath" or "sentences")) return;
            json.Next();
            if (property == "split") split = json.Text;
            else if (property == "filename") name = json.Text;
            else if (property == "filepath") place = json.Text;
            else if (json.Type == JsonTokenType.StartArray) json.ReadArray(ReadSentence);
            if (property != "sentences") json.Skip();
        });
        return (split, name is null || string.IsNullOrEmpty(place) ? name : $"{place}/{name}", captions);

        void ReadSentence()
        {
            if (json.Type != JsonTokenType.StartObject) return;
            json.ReadObject(property =>
            {
                if (property != "raw") return;
                json.Next();
                if (json.Text?.Trim() is { Length: > 0 } caption) captions.Add(caption.ReplaceLineEndings(" "));
                json.Skip();
            });
        }
    }
}
