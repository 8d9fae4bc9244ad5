using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

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

    public static void RequireSameWidth(string firstPath, Tensor first, string secondPath, Tensor second) =>
        RequireSameWidth(firstPath, first.Width, secondPath, second.Width);

    public static void RequireSameWidth(FeatureRowsFile first, FeatureRowsFile second) =>
        RequireSameWidth(first.Path, first.Width, second.Path, second.Width);

    private static void RequireSameWidth(string firstPath, int first, string secondPath, int second)
    {
        if (first != second)
            throw new InputException($"cannot compare '{firstPath}' with '{secondPath}': rows of {first} values against rows of {second}; both must come from one space");
    }
}
