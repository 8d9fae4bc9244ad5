using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Studies.Features;

/// <summary>The two inputs that most verbs take: rows of two modalities, as wide as each other.</summary>
internal static class FeatureInputs
{
    public static (Tensor Images, Tensor Texts) ReadBoth(string imagesPath, string textsPath, bool raw)
    {
        Tensor images = FeatureFile.ReadRows(imagesPath, Modality.Image, raw);
        Tensor texts = FeatureFile.ReadRows(textsPath, Modality.Text, raw);
        RequireSameWidth(imagesPath, images, textsPath, texts);
        return (images, texts);
    }

    /// <summary>The pairs; null for row i to row i.</summary>
    public static Pairing? ReadPairs(string? given, string imagesPath, Tensor images, string textsPath, Tensor texts) =>
        ReadPairs(given, imagesPath, images.Rows, textsPath, texts.Rows);

    /// <summary>The pairs of so many images and texts; null for row i to row i.</summary>
    public static Pairing? ReadPairs(string? given, string imagesPath, int images, string textsPath, int texts)
    {
        string? path = given ?? (ShardPairing.IsSamePath(imagesPath, textsPath) ? FeatureSet.PairsPath(imagesPath) : null);
        if (path is null)
        {
            ShardPairing.CheckRowForRow(imagesPath, textsPath);
            return null;
        }

        ShardPairing.CheckComplete(imagesPath, Modality.Image);
        ShardPairing.CheckComplete(textsPath, Modality.Text);
        return Pairing.From(Npy.ReadInt64(path), images, texts, path);
    }

    public static void RequireSameWidth(string firstPath, Tensor first, string secondPath, Tensor second) =>
        RequireSameWidth(firstPath, first.Width, secondPath, second.Width);

    public static void RequireSameWidth(FeatureRowsFile first, FeatureRowsFile second) =>
        RequireSameWidth(first.Path, first.Width, second.Path, second.Width);

    public static void RequireSameWidth(string firstPath, int first, string secondPath, int second)
    {
        if (first != second)
            throw new InputException($"cannot compare '{firstPath}' with '{secondPath}': rows of {first} values against rows of {second}; "
                + "both must come from one space");
    }
}
