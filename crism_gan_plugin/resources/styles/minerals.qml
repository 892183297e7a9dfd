<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="AllStyleCategories" hasScaleBasedVisibilityFlag="0" maxScale="0" minScale="1e+08">
 <pipe>
  <provider>
   <resampling enabled="false" maxOversampling="2" zoomedInResamplingMethod="nearestNeighbour" zoomedOutResamplingMethod="nearestNeighbour"/>
  </provider>
  <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
   <rasterTransparency/>
   <minMaxOrigin>
    <limits>None</limits>
    <extent>WholeRaster</extent>
    <statAccuracy>Estimated</statAccuracy>
   </minMaxOrigin>
   <colorPalette>
    <paletteEntry value="1" color="#7b0000" alpha="255" label="Mg-olivine"/>
    <paletteEntry value="101" color="#b67373" alpha="255" label="Mg-olivine (guess)"/>
    <paletteEntry value="2" color="#c35657" alpha="255" label="Fe-olivine"/>
    <paletteEntry value="102" color="#dea2a3" alpha="255" label="Fe-olivine (guess)"/>
    <paletteEntry value="3" color="#ce9d1c" alpha="255" label="low-Ca pyroxene"/>
    <paletteEntry value="103" color="#e4c982" alpha="255" label="low-Ca pyroxene (guess)"/>
    <paletteEntry value="4" color="#ffa701" alpha="255" label="high-Ca pyroxene"/>
    <paletteEntry value="104" color="#ffcf73" alpha="255" label="high-Ca pyroxene (guess)"/>
    <paletteEntry value="5" color="#fcb893" alpha="255" label="plagioclase"/>
    <paletteEntry value="105" color="#fdd8c4" alpha="255" label="plagioclase (guess)"/>
    <paletteEntry value="6" color="#2cff1f" alpha="255" label="Mg-carbonate"/>
    <paletteEntry value="106" color="#8bff84" alpha="255" label="Mg-carbonate (guess)"/>
    <paletteEntry value="7" color="#7aa155" alpha="255" label="Ca/Fe-carbonate"/>
    <paletteEntry value="107" color="#b6cba2" alpha="255" label="Ca/Fe-carbonate (guess)"/>
    <paletteEntry value="8" color="#bdb463" alpha="255" label="monohydrated sulfate"/>
    <paletteEntry value="108" color="#dbd6a9" alpha="255" label="monohydrated sulfate (guess)"/>
    <paletteEntry value="9" color="#ffff00" alpha="255" label="polyhydrated sulfate"/>
    <paletteEntry value="109" color="#ffff73" alpha="255" label="polyhydrated sulfate (guess)"/>
    <paletteEntry value="10" color="#db5e32" alpha="255" label="hydroxylated Fe-sulfate"/>
    <paletteEntry value="110" color="#eba68e" alpha="255" label="hydroxylated Fe-sulfate (guess)"/>
    <paletteEntry value="11" color="#04156c" alpha="255" label="alunite"/>
    <paletteEntry value="111" color="#757eae" alpha="255" label="alunite (guess)"/>
    <paletteEntry value="12" color="#ff1fff" alpha="255" label="jarosite"/>
    <paletteEntry value="112" color="#ff84ff" alpha="255" label="jarosite (guess)"/>
    <paletteEntry value="13" color="#b90076" alpha="255" label="gypsum"/>
    <paletteEntry value="113" color="#d873b4" alpha="255" label="gypsum (guess)"/>
    <paletteEntry value="14" color="#98303f" alpha="255" label="bassanite"/>
    <paletteEntry value="114" color="#c68d95" alpha="255" label="bassanite (guess)"/>
    <paletteEntry value="15" color="#8a450c" alpha="255" label="kaolinite"/>
    <paletteEntry value="115" color="#bf9979" alpha="255" label="kaolinite (guess)"/>
    <paletteEntry value="16" color="#1a65de" alpha="255" label="Al-smectite"/>
    <paletteEntry value="116" color="#81aaed" alpha="255" label="Al-smectite (guess)"/>
    <paletteEntry value="17" color="#066e1b" alpha="255" label="illite/muscovite"/>
    <paletteEntry value="117" color="#76af82" alpha="255" label="illite/muscovite (guess)"/>
    <paletteEntry value="18" color="#a2e24f" alpha="255" label="margarite"/>
    <paletteEntry value="118" color="#ccef9e" alpha="255" label="margarite (guess)"/>
    <paletteEntry value="19" color="#47c0cb" alpha="255" label="Fe-smectite"/>
    <paletteEntry value="119" color="#9adce2" alpha="255" label="Fe-smectite (guess)"/>
    <paletteEntry value="20" color="#28f5fe" alpha="255" label="Mg-smectite"/>
    <paletteEntry value="120" color="#89fafe" alpha="255" label="Mg-smectite (guess)"/>
    <paletteEntry value="21" color="#40e0c8" alpha="255" label="talc"/>
    <paletteEntry value="121" color="#96eee1" alpha="255" label="talc (guess)"/>
    <paletteEntry value="22" color="#810481" alpha="255" label="serpentine"/>
    <paletteEntry value="122" color="#ba75ba" alpha="255" label="serpentine (guess)"/>
    <paletteEntry value="23" color="#13906a" alpha="255" label="chlorite"/>
    <paletteEntry value="123" color="#7dc2ad" alpha="255" label="chlorite (guess)"/>
    <paletteEntry value="24" color="#fffad5" alpha="255" label="prehnite"/>
    <paletteEntry value="124" color="#fffce8" alpha="255" label="prehnite (guess)"/>
    <paletteEntry value="25" color="#cdc6be" alpha="255" label="epidote"/>
    <paletteEntry value="125" color="#e4e0db" alpha="255" label="epidote (guess)"/>
    <paletteEntry value="26" color="#9b82cd" alpha="255" label="analcime"/>
    <paletteEntry value="126" color="#c8bae4" alpha="255" label="analcime (guess)"/>
    <paletteEntry value="27" color="#148889" alpha="255" label="hydrated silica"/>
    <paletteEntry value="127" color="#7ebebe" alpha="255" label="hydrated silica (guess)"/>
    <paletteEntry value="28" color="#ff0200" alpha="255" label="olivine/Mg-smectite mixture"/>
    <paletteEntry value="128" color="#ff7473" alpha="255" label="olivine/Mg-smectite mixture (guess)"/>
    <paletteEntry value="29" color="#0a017a" alpha="255" label="chloride"/>
    <paletteEntry value="129" color="#7873b6" alpha="255" label="chloride (guess)"/>
    <paletteEntry value="30" color="#4b5159" alpha="255" label="hematite"/>
    <paletteEntry value="130" color="#9c9fa4" alpha="255" label="hematite (guess)"/>
    <paletteEntry value="31" color="#00a4e0" alpha="255" label="H2O ice"/>
    <paletteEntry value="131" color="#73cdee" alpha="255" label="H2O ice (guess)"/>
    <paletteEntry value="32" color="#0301ff" alpha="255" label="CO2 ice"/>
    <paletteEntry value="132" color="#7473ff" alpha="255" label="CO2 ice (guess)"/>
   </colorPalette>
  </rasterrenderer>
  <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
  <huesaturation colorizeOn="0" saturation="0" grayscaleMode="0"/>
  <rasterresampler maxOversampling="2"/>
 </pipe>
 <blendMode>0</blendMode>
</qgis>
