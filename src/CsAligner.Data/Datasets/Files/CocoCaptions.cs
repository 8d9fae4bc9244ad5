using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// The captions of COCO and of what follows its form: one JSON object with <c>images</c> (id, file_name) and <c>annotations</c>
/// (image_id, caption). Images keep the file's order, captions that of the annotations.
/// </summary>
internal static class CocoCaptions
{
    /// <summary>Where the images may lie, as people unpack them, seen from the file: <c>annotations/captions_val2017.json</c> and <c>val2017/</c>.</summary>
    public static IEnumerable<string> Folders(string file)
    {
        string here = Path.GetDirectoryName(Path.GetFullPath(file))!, above = Path.GetDirectoryName(here) ?? here;
        string name = Path.GetFileNameWithoutExtension(file), split = name[(name.LastIndexOf('_') + 1)..];
        return new[] { here, above }.SelectMany(root => new[] { Path.Combine(root, split), Path.Combine(root, "images", split), Path.Combine(root, "images") }).Append(here);
    }

    public static FileSamples Read(string name, string path, string? folder)
    {
        using var json = new JsonFile(path);
        var numbers = new Dictionary<long, int>();
        var files = new List<(long Id, string? Name)>();
        var captions = new List<(long Image, long Id, string? Text)>();
        if (json.Next() != JsonTokenType.StartObject) throw json.Bad("an object with \"images\" and \"annotations\" was expected");
        var seen = new HashSet<string>();
        json.ReadObject(property =>
        {
            if (property is not ("images" or "annotations")) return;
            if (!seen.Add(property)) throw json.Bad($"it has \"{property}\" twice");
            if (json.Next() != JsonTokenType.StartArray) throw json.Bad($"\"{property}\" is not a list");
            json.ReadArray(property == "images" ? ReadImage : ReadCaption);
        });
        if (files.Count == 0) throw json.Bad("it has no \"images\"; a captions file of COCO was expected");
        if (!captions.Any(c => c.Text is not null)) throw json.Bad("none of its \"annotations\" has a caption; give the captions file, not that of instances or keypoints");
        return Join(name, path, folder, files, captions);

        void ReadImage()
        {
            (long? id, string? file) = (null, null);
            if (json.Type != JsonTokenType.StartObject) return;
            json.ReadObject(property =>
            {
                if (property is not ("id" or "file_name")) return;
                json.Next();
                if (property == "id") id = json.Number;
                else file = json.Text;
                json.Skip();
            });
            files.Add((id ?? -1, id is null ? null : file));
        }

        void ReadCaption()
        {
            (long? image, long? id, string? text) = (null, null, null);
            if (json.Type != JsonTokenType.StartObject) return;
            json.ReadObject(property =>
            {
                if (property is not ("id" or "image_id" or "caption")) return;
                json.Next();
                if (property == "id") id = json.Number;
                else if (property == "image_id") image = json.Number;
                else text = json.Text;
                json.Skip();
            });
            captions.Add((image ?? -1, id ?? -1, text));
        }
    }

    private static FileSamples Join(string name, string path, string? folder, List<(long Id, string? Name)> files, List<(long Image, long Id, string? Text)> captions)
    {
        string root = folder ?? FileSampleFolders.Find(Folders(path), files.Select(f => f.Name).FirstOrDefault(f => f is not null), path);
        var samples = new FileSamples(name, root, path, "image", hasCaptions: true);
        var names = new Dictionary<long, string>();
        foreach ((long id, string? file) in files)
        {
            if (string.IsNullOrWhiteSpace(file)) samples.AddProblem("has no id or no file_name", id);
            else if (samples.Contains(file)) samples.AddProblem($"names '{file}', which another image names too", id);
            else if (!names.TryAdd(id, file)) samples.AddProblem("has an id that another image has too", id);
            else samples.Add(file, null, id);
        }

        foreach ((long image, long id, string? text) in captions)
        {
            string? caption = text?.Trim();
            if (!names.TryGetValue(image, out string? file)) samples.AddProblem($"is not among the images, but annotation {id} is on it", image);
            else if (string.IsNullOrEmpty(caption)) samples.AddProblem($"has an annotation without a caption: {id}", image);
            else samples.Add(file, caption.ReplaceLineEndings(" "), image);
        }

        return samples.Complete();
    }
}
