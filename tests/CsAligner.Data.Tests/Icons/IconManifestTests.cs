using System.Text;
using CsAligner.Data.Icons;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Icons;

public class IconManifestTests
{
    private static readonly string[][] Families =
    [
        ["lucide", "feather", "lucide-lab"], ["noto", "noto-v1"], ["mynaui", "vadivam"], ["streamline-emojis"], ["twemoji"],
        ["fluent-emoji", "fluent-emoji-flat", "fluent-emoji-high-contrast"], ["emojione", "emojione-monotone", "emojione-v1"],
    ];

    [Fact]
    public void The_test_sets_are_lucide_tabler_and_noto() =>
        Assert.Equal(["lucide", "noto", "tabler"], IconManifest.Default.Of(IconRole.Test).Select(s => s.Set).Order(StringComparer.Ordinal));

    [Fact]
    public void No_set_stands_in_two_splits() =>
        Assert.Distinct(IconManifest.Default.Sets.Select(s => s.Set));

    [Fact]
    public void Families_travel_along()
    {
        foreach (string[] family in Families)
            Assert.Single(family.Select(Role).Where(r => r != IconRole.Excluded).Distinct());
    }

    [Fact]
    public void Every_set_in_use_is_permissive_and_pinned()
    {
        foreach (IconSource set in IconManifest.Default.Sets.Where(s => s.Role != IconRole.Excluded))
        {
            Assert.True(IconLicences.IsPermissive(set.Licence), set.Set);
            NpmPackage.Validate(set.Package!);
        }
    }

    [Fact]
    public void Sets_that_the_demo_needs_have_packages_of_their_own() =>
        Assert.All(IconManifest.Default.Sets.Where(s => s.GivesNewNames || s.Role == IconRole.Test),
            s => Assert.Equal($"@iconify-json/{s.Set}", s.Package!.Name));

    [Theory]
    [InlineData("MIT", true)]
    [InlineData("Apache-2.0", true)]
    [InlineData("CC-BY-4.0", true)]
    [InlineData("OFL-1.1", true)]
    [InlineData("CC-BY-SA-4.0", false)]
    [InlineData("CC-BY-NC-4.0", false)]
    [InlineData("CC-BY-NC-SA-4.0", false)]
    [InlineData("GPL-3.0", false)]
    [InlineData("MPL-2.0", false)]
    [InlineData("mit", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_permissive_licences_pass(string? spdx, bool permitted) => Assert.Equal(permitted, IconLicences.IsPermissive(spdx));

    [Fact]
    public void A_manifest_that_uses_a_share_alike_set_is_refused()
    {
        string json = """
            { "near_duplicate_cosine": 0.97, "new_names": { "fraction": 0.05, "seed": "s" }, "complete_package": { "name": "a", "version": "1.0.0", "integrity": "" },
              "sets": [ { "set": "openmoji", "licence": "CC-BY-SA-4.0", "role": "pretraining" } ], "excluded": [] }
            """;
        var failure = Assert.Throws<InputException>(() => IconManifest.Parse(Encoding.UTF8.GetBytes(json)));
        Assert.Contains("'openmoji' under CC-BY-SA-4.0", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", "there is no icon set 'nonsense'")]
    [InlineData("openmoji", "is not used: licence")]
    [InlineData("simple-icons", "is not used: brand")]
    public void Unknown_and_excluded_sets_are_refused_by_name(string set, string expected) =>
        Assert.Contains(expected, Assert.Throws<InputException>(() => IconManifest.Default.Select([set])).Message,
            StringComparison.Ordinal);

    private static IconRole Role(string set) => IconManifest.Default.Sets.Single(s => s.Set == set).Role;
}
