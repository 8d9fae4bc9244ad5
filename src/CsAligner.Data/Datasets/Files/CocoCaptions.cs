using System.Text.Json;
using CsAligner.Data.Disk;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// The captions of COCO and of what follows its form: one JSON object with <c>images</c> (id, file_name) and <c>annotations</c>
/// (image_id, caption). Images keep the file's order, captions the order of the annotations. A null or blank caption is skipped.
/// </summary>
internal static class CocoCaptions
{
    /// <summary>Where the images may lie, as people unpack them, seen from the file:
    /// <c>annotations/captions_val2017.json</c> and <c>val2017/</c>.</summary>
    public static IEnumerable<string> Folders(string file)
    {
        string here = Path.GetDirectoryName(Path.GetFullPath(file))!, above = Path.GetDirectoryName(here) ?? here;
        string name = Path.GetFileNameWithoutExtension(file), split = name[(name.LastIndexOf('_') + 1)..];
        return new[] { here,
            above }.SelectMany(root =>
                new[] { Path.Combine(root, split), Path.Combine(root, "images", split), Path.Combine(root, "images") }).Append(here);
    }

    public static FileSamples Read(string name, string path, string? folder)
    {
        using var json = new JsonFile(path);
        var ids = new CocoIds();
        var reading = new Reading(new FileSamples(name, path, "image", hasCaptions: true) { MarkName = ids.NameOf }, json, ids);
        if (json.Next() != JsonTokenType.StartObject) throw json.Bad("expected an object with \"images\" and \"annotations\"");
        var seen = new HashSet<string>();
        json.ReadObject(property =>
        {
            if (property is not ("images" or "annotations")) return;
            if (!seen.Add(property)) throw json.Bad($"it has \"{property}\" twice");
            if (json.Next() != JsonTokenType.StartArray) throw json.Bad($"\"{property}\" is not a list");
            json.ReadArray(property == "images" ? reading.ReadImage : seen.Contains("images") ? reading.ReadCaption : reading.KeepCaption);
        });
        if (!reading.HasImages) throw json.Bad("it has no \"images\"; expected a COCO captions file");
        if (!reading.HasCaptions)
            throw json.Bad("none of its \"annotations\" has a caption; give the captions file, not the instances or keypoints file");
        reading.AddKept();
        return reading.Samples.Complete(folder ?? FileSampleFolders.Find(Folders(path), reading.FirstFile, path));
    }

    /// <summary>State in the middle of the file: only the samples,
    /// and captions that stand before the images.</summary>
    private sealed class Reading(FileSamples samples, JsonFile json, CocoIds ids)
    {
        // Samples by the ids of their images, which are their marks.
        private readonly HashIndex _ids = new();
        private readonly ChunkedList<(long Image, long Id, CaptionKind Kind)> _kept = new();
        private readonly TextStore _keptTexts = new();

        public FileSamples Samples => samples;

        public bool HasImages { get; private set; }

        public bool HasCaptions { get; private set; }

        public string? FirstFile { get; private set; }

        public void ReadImage()
        {
            (long? id, string? file) = (null, null);
            if (json.Type != JsonTokenType.StartObject) return;
            json.ReadObject(property =>
            {
                if (property is not ("id" or "file_name")) return;
                json.Next();
                if (property == "id") id = ids.Read(json);
                else file = json.Text;
                json.Skip();
            });
            HasImages = true;
            if (id is not { } mark || string.IsNullOrWhiteSpace(file))
            {
                samples.AddProblem("has no id or no file_name", id ?? -1);
                return;
            }

            FirstFile ??= file;
            if (Find(mark) >= 0)
                samples.AddProblem("has the same id as another image", mark);
            else if (samples.TryAddImage(file, mark, out int number))
                _ids.Add(HashCode.Combine(mark), number);
            else
                samples.AddProblem($"names '{file}', as another image does", mark);
        }

        public void ReadCaption()
        {
            if (Parse(out string? text) is { } caption) Add(caption.Image, caption.Id, caption.Kind, text);
        }

        public void KeepCaption()
        {
            if (Parse(out string? text) is not { } caption) return;
            _kept.Add(caption);
            _keptTexts.Add(text ?? "");
        }

        public void AddKept()
        {
            for (int i = 0; i < _kept.Count; i++) Add(_kept[i].Image, _kept[i].Id, _kept[i].Kind, _keptTexts[i]);
        }

        private (long Image, long Id, CaptionKind Kind)? Parse(out string? caption)
        {
            (long? image, long? id, string? text, var kind) = (null, null, null, CaptionKind.None);
            caption = null;
            if (json.Type != JsonTokenType.StartObject) return null;
            json.ReadObject(property =>
            {
                if (property is not ("id" or "image_id" or "caption")) return;
                json.Next();
                if (property == "id") id = ids.Read(json);
                else if (property == "image_id") image = ids.Read(json);
                else (text, kind) =
                    (json.Text?.Trim(),
                        json.Text is not null ? CaptionKind.Text : json.Type == JsonTokenType.Null ? CaptionKind.Blank : CaptionKind.None);
                json.Skip();
            });
            HasCaptions |= kind == CaptionKind.Text;
            caption = text;
            return (image ?? -1, id ?? -1, text?.Length == 0 ? CaptionKind.Blank : kind);
        }

        private void Add(long image, long id, CaptionKind kind, string? caption)
        {
            int number = Find(image);
            if (number < 0) samples.AddProblem($"is not among the images, but annotation {ids.NameOf(id)} refers to it", image);
            else if (kind == CaptionKind.None) samples.AddProblem($"has an annotation without a caption: {ids.NameOf(id)}", image);
            else if (kind == CaptionKind.Text) samples.AddCaption(number, caption!.ReplaceLineEndings(" "));
        }

        private int Find(long id)
        {
            int hash = HashCode.Combine(id), steps = 0, number;
            do number = _ids.Next(hash, ref steps);
            while (number >= 0 && samples.MarkOf(number) != id);
            return number;
        }
    }

    /// <summary>The kind of an annotation's caption.</summary>
    private enum CaptionKind
    {
        /// <summary>Nothing, or no text.</summary>
        None,

        /// <summary>Null or a blank text: it is left out.</summary>
        Blank,

        /// <summary>A text.</summary>
        Text,
    }
}
